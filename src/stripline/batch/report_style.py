"""How a report's page looks, by day and by night."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2330; --dim: #667085; --paper: #f6f7f9; --card: #fff;
  --line: #e3e6eb; --good: #0b7a53; --bad: #b42318; --bar: #3b6fd4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaf0; --dim: #98a2b3; --paper: #12151b;
  --card: #1b2029; --line: #2c3340; --good: #45c493; --bad: #f97066; --bar: #6d9cff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
header, main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 0; }
main { padding-bottom: 48px; }
h1 { font-size: 24px; margin: 0; overflow-wrap: anywhere; }
header p { color: var(--dim); margin: 4px 0 0; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 28px 0 10px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(120px, 1fr)); gap: 10px;
  margin-top: 20px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 10px 14px; }
.tile b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
.tile span { color: var(--dim); font-size: 13px; }
.tile.good b { color: var(--good); } .tile.bad b { color: var(--bad); }
.chart { width: 100%; max-width: 760px; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: 8px; }
.chart rect { fill: var(--bar); } .chart rect.worse { fill: var(--bad); }
.chart line { stroke: var(--line); }
.chart text { fill: var(--dim); font-size: 11px; text-anchor: middle; }
.chart text.count { fill: var(--ink); font-size: 12px; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 12px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 10px; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.two img, .gone { width: 100%; height: 160px; object-fit: contain; background: var(--paper);
  border-radius: 4px; display: block; }
.gone { display: grid; place-items: center; color: var(--dim); font-size: 13px; }
.two span { color: var(--dim); font-size: 12px; }
figcaption { margin-top: 6px; font-size: 13px; overflow-wrap: anywhere; }
figcaption b { color: var(--good); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: 6px 12px; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: anywhere; white-space: pre-line; }
th { color: var(--dim); font-weight: 600; }
tr:last-child td { border-bottom: 0; }
"""
