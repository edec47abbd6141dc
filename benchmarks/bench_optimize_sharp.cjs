// sharp, which is found through NODE_PATH: one JSON object a line on stdin (a file of raw pixels,
// what to make of it), one on stdout (the file's bytes in base64, and the milliseconds it took).
"use strict";

const fs = require("node:fs");
const readline = require("node:readline");
const sharp = require("sharp");

sharp.cache(false);
sharp.concurrency(1);

async function answer(line) {
  const job = JSON.parse(line);
  const raw = { width: job.width, height: job.height, channels: job.channels };
  const pixels = fs.readFileSync(job.pixels);
  const began = process.hrtime.bigint();
  const file = await sharp(pixels, { raw })[job.format](job.options).toBuffer();
  const ms = Number(process.hrtime.bigint() - began) / 1e6;
  process.stdout.write(JSON.stringify({ file: file.toString("base64"), ms }) + "\n");
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) await answer(line);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
