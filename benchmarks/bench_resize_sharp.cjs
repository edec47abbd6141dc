// The measured process of sharp, which is found through NODE_PATH; see bench_resize_job.py for what
// goes in and out. UV_THREADPOOL_SIZE says how many pictures sharp works on at once.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const sharp = require("sharp");

sharp.cache(false);
sharp.concurrency(1); // one thread a picture

const job = JSON.parse(fs.readFileSync(0, "utf8"));

async function make([file]) {
  const target = path.join(job.output, `${path.parse(file).name}.${job.extension}`);
  const resized = sharp(file).rotate().resize({ width: job.width }); // rotate(): by EXIF
  const options = { quality: job.quality };
  await (job.extension === "jpg" ? resized.jpeg(options) : resized.webp(options)).toFile(target);
}

async function makeAll(files) {
  let next = 0;
  const worker = async () => {
    while (next < files.length) await make(files[next++]);
  };
  await Promise.all(Array.from({ length: job.workers }, worker));
}

function peak() {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync("/proc/self/status", "utf8"));
  return Number(found[1]) * 1024;
}

async function main() {
  await makeAll(job.files.slice(0, job.workers));
  const before = process.cpuUsage();
  const began = process.hrtime.bigint();
  await makeAll(Array(job.repeats).fill(job.files).flat());
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(JSON.stringify({ seconds, cpu: (user + system) / 1e6, peak: peak() }));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
