# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The style sheet of the page. PRIVATE to the collection.

What is wrong is filled with strong colour, what is right is pale: the eye goes where something is to do. The colours
differ in lightness too, and each verdict has its symbol, so that no one needs to tell red from green.
"""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f4f6f8; --surface: #ffffff; --raised: #eef1f5; --line: #d9dfe7; --text: #18202b; --muted: #556173;
    --accent: #1f5aa8;
  --fail: #c43d1b; --on-fail: #ffffff; --contradiction: #74369c; --on-contradiction: #ffffff; --unknown: #f2bf3d;
    --on-unknown: #2b2000;
  --waived: #dbe6f3; --on-waived: #2a4f7c; --pass: #dcece7; --on-pass: #1c6350; --na: transparent; --on-na: #616d7d;
  --shadow: 0 1px 2px rgb(20 30 45 / 7%), 0 4px 16px rgb(20 30 45 / 5%);
  --label: 220px; --cell: 26px; --head: 186px;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1318; --surface: #171c23; --raised: #212832; --line: #2d3642; --text: #e5e9ef; --muted: #9ca8b8;
      --accent: #8ab8f5;
    --fail: #f07a57; --on-fail: #230a02; --contradiction: #c297e8; --on-contradiction: #200735; --unknown: #e8bd4d;
      --on-unknown: #261c00;
    --waived: #25384f; --on-waived: #a9c8ee; --pass: #1b332d; --on-pass: #7fcdb5; --na: transparent; --on-na: #8b97a7;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
[hidden] { display: none !important; }
h1, h2, h3, p, ol, ul, dl, dd { margin: 0; padding: 0; }
button, input, select { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.notice { margin: 32px auto; max-width: 60ch; padding: 16px 20px; background: #fff6da; color: #2b2000;
  border-radius: 8px; }
#app { max-width: 1680px; margin: 0 auto; padding: 20px 24px 28px; }
.text { unicode-bidi: isolate; overflow-wrap: anywhere; }

.top { display: grid; grid-template-columns: minmax(0, 1.3fr) minmax(0, 1.15fr) minmax(0, 1fr); gap: 16px;
  align-items: stretch; }
.headline { display: flex; flex-direction: column; padding: 4px 8px 4px 0; }
.kicker { color: var(--muted); font-size: 12.5px; letter-spacing: .02em; }
h1 { display: flex; gap: 12px; align-items: flex-start; margin: 6px 0 8px; font-size: 30px; line-height: 1.15;
  font-weight: 650; letter-spacing: -.015em; overflow-wrap: anywhere; }
h1.balanced { text-wrap: balance; }
h1 .mark { width: 34px; height: 34px; border-radius: 8px; font-size: 20px; }
#subline { color: var(--muted); max-width: 70ch; margin-bottom: 14px; }
#subline b { color: var(--text); font-weight: 600; }
.bar { display: flex; gap: 2px; height: 12px; margin-top: auto; border-radius: 6px; overflow: hidden; }
.bar i { min-width: 3px; }
.bar .na, .share .na { background: var(--line); }
.card { padding: 12px 16px 14px; background: var(--surface); border: 1px solid var(--line); border-radius: 10px;
  box-shadow: var(--shadow); min-width: 0; }
h2 { margin-bottom: 8px; font-size: 12.5px; font-weight: 600; color: var(--muted); }
.worst { list-style: none; display: grid; gap: 2px; }
.worst button { display: grid; grid-template-columns: minmax(0, 1fr) max-content; gap: 1px 10px;
  align-items: baseline; width: calc(100% + 8px); padding: 2px 4px 4px; margin: 0 -4px; border: 0; border-radius: 5px;
  background: none; text-align: left; }
.worst button:hover, .row-button:hover { background: var(--raised); }
.worst .text { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.meter { grid-column: 1 / -1; height: 4px; border-radius: 3px; background: var(--raised); overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--fail); border-radius: 3px; }
.number { text-align: right; font-variant-numeric: tabular-nums; color: var(--muted); }
.trend { display: flex; flex-direction: column; gap: 6px; }
.trend svg { display: block; width: 100%; height: 80px; overflow: visible; }
.trend .axis { display: flex; justify-content: space-between; font-size: 11.5px; color: var(--muted);
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.trend .legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 12px; color: var(--muted); }
.trend .legend span { display: inline-flex; align-items: center; gap: 6px; }
.trend .legend i { width: 10px; height: 10px; border-radius: 2px; }
.trend line { stroke: var(--line); stroke-width: 1; }
.trend rect.fail { fill: var(--fail); } .trend rect.contradiction { fill: var(--contradiction); }
.trend rect.unknown { fill: var(--unknown); }

.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 14px; margin: 18px 0 8px; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; }
.chip { display: inline-flex; align-items: center; gap: 7px; height: 32px; padding: 0 11px 0 8px;
  border: 1px solid var(--line); border-radius: 8px; background: var(--surface); white-space: nowrap; }
.chip:hover { border-color: var(--muted); }
.chip[aria-pressed="true"] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.chip b { font-weight: 600; font-variant-numeric: tabular-nums; }
.chip.none .mark { background: var(--raised); color: var(--muted); } .chip.none b { font-weight: 400; color: var(--muted); }
.what { color: var(--muted); }
#severities { align-items: center; }
#severities .chip, .views .chip, .chip.quiet { padding: 0 11px; }
.views { gap: 0; }
.views .chip:first-child { border-radius: 8px 0 0 8px; }
.views .chip:last-child { border-radius: 0 8px 8px 0; margin-left: -1px; }
.field { display: inline-flex; align-items: center; gap: 7px; min-width: 0; max-width: 100%; color: var(--muted); }
.field.grow { flex: 1 1 420px; }
.field input, .field select { height: 32px; padding: 0 9px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--surface); color: var(--text); }
.field input { flex: 1; min-width: 0; width: 100%; } .field select { max-width: 190px; }
.field input::placeholder { color: var(--muted); opacity: 1; }
.status { margin: 0 0 8px; font-size: 12.5px; color: var(--muted); }

.mark { display: inline-grid; place-items: center; width: 18px; height: 18px; border-radius: 4px; font-size: 12px;
  line-height: 1; font-weight: 700; flex: none; }
.fail { background: var(--fail); color: var(--on-fail); }
.contradiction { background: var(--contradiction); color: var(--on-contradiction); }
.unknown { background: var(--unknown); color: var(--on-unknown); }
.waived { background: var(--waived); color: var(--on-waived); }
.pass { background: var(--pass); color: var(--on-pass); } .na { background: var(--na); color: var(--on-na); }
.severity { font-size: 12px; color: var(--muted); white-space: nowrap; }
.severity.high { color: var(--text); font-weight: 600; }

.scroller { position: relative; overflow: auto; max-height: max(420px, calc(100vh - 150px));
  background: var(--surface); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow); }
.scroller:focus-visible { outline-offset: -1px; }
.head { position: sticky; top: 0; z-index: 3; display: flex; width: max-content; min-width: 100%;
  background: var(--surface); border-bottom: 1px solid var(--line); }
.head .corner { position: sticky; left: 0; z-index: 1; width: var(--label); flex: none; padding: 8px 12px;
  background: var(--surface); align-self: stretch; display: flex; flex-direction: column; justify-content: flex-end;
  gap: 2px; color: var(--muted); font-size: 12px; }
.column { width: var(--cell); flex: none; height: var(--head); padding: 8px 0; border: 0; background: none;
  display: flex; justify-content: center; align-items: flex-end; font-size: 12px; cursor: pointer; overflow: hidden; }
.column span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 100%; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; }
.upright .column { position: relative; padding-top: 30px; overflow: visible; }
.column .group-name { position: absolute; top: 7px; left: 6px; writing-mode: horizontal-tb; transform: none;
  overflow: visible; font-size: 11.5px; color: var(--muted); pointer-events: none; }
.column.group, .cell.group { border-left: 1px solid var(--line); }
.flat .column { height: 44px; align-items: center; padding: 0 6px; }
.flat .column span { writing-mode: horizontal-tb; transform: none; max-width: 100%; font-weight: 600; }
.column:hover, .row:hover, .row:hover .label { background: var(--raised); }
.body { position: relative; min-width: 100%; }
.row { position: absolute; left: 0; display: flex; align-items: stretch; width: max-content; min-width: 100%;
  height: 28px; }
.label { position: sticky; left: 0; z-index: 2; width: var(--label); flex: none; display: flex; align-items: center;
  gap: 8px; padding: 0 12px; background: var(--surface); cursor: pointer; overflow: hidden; }
.label .text { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.label .count { font-size: 12px; font-variant-numeric: tabular-nums; color: var(--muted); }
.label .lost { color: var(--muted); font-style: italic; }
.cell { width: var(--cell); flex: none; padding: 2px; cursor: pointer; display: grid; }
.cell span { display: grid; place-items: center; border-radius: 4px; font-size: 12px; line-height: 1;
  font-weight: 700; }
.slim .label .severity { display: none; }
.slim .label .text { font-size: 13px; line-height: 1.3; white-space: normal; display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 2; }
.worded .cell > span { grid-auto-flow: column; justify-content: start; gap: 9px; padding-left: 14px; }
.cell .word { font-weight: 500; }
.cell.dim span { background: none; color: var(--on-na); font-weight: 400; }
.active { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 4px; }
.group-row { align-items: flex-end; padding: 0 12px 4px; font-size: 12px; font-weight: 600; color: var(--muted);
  cursor: default; }
.row.group-row:hover { background: none; }
.tally { display: flex; align-items: center; gap: 6px; padding-right: 12px; font-size: 12.5px;
  font-variant-numeric: tabular-nums; }
.tally .mark { margin-left: 6px; }
.compact .row { width: 100%; border-bottom: 1px solid var(--line); cursor: pointer; }
.compact .label { flex: 1; width: auto; position: static; }

.findings .row { width: 100%; }
.finding { display: grid; grid-template-columns: 142px 62px minmax(90px, 190px) minmax(160px, 300px) minmax(0, 1fr);
  gap: 14px; align-items: center; width: 100%; height: 38px; padding: 0 12px; border-bottom: 1px solid var(--line);
  cursor: pointer; }
.finding > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.finding .verdict, .verdict { display: flex; align-items: center; gap: 8px; }
.finding .reason { color: var(--muted); }
.finding .cluster { font-weight: 600; }
.nothing { padding: 48px; text-align: center; color: var(--muted); background: var(--surface);
  border: 1px dashed var(--line); border-radius: 10px; }

.badge { padding: 0 6px; border: 1px solid var(--line); border-radius: 4px; font-size: 12px; color: var(--muted);
  white-space: nowrap; }
.notes { margin-top: 20px; font-size: 12.5px; max-width: 110ch; }
.notes ul { padding-left: 18px; display: grid; gap: 2px; } .notes h2 { margin-bottom: 4px; }
.provenance { margin-top: 20px; font-size: 12.5px; color: var(--muted); }
.provenance dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 14px; }
.provenance dt { color: var(--muted); } .provenance dd { color: var(--text); overflow-wrap: anywhere; }
.mono, pre { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }

.detail { position: fixed; inset: 0 0 0 auto; width: min(620px, 100vw); max-width: none; height: 100dvh;
  max-height: none; margin: 0; padding: 0; border: 0; border-left: 1px solid var(--line); background: var(--surface);
  color: var(--text); box-shadow: -12px 0 40px rgb(10 18 30 / 18%); overflow: auto; overscroll-behavior: contain; }
.detail::backdrop { background: rgb(10 18 30 / 28%); }
.detail .bar-top { position: sticky; top: 0; z-index: 1; display: flex; gap: 8px; align-items: center;
  padding: 12px 20px; background: var(--surface); border-bottom: 1px solid var(--line); }
.detail .bar-top .kicker { flex: 1; min-width: 0; }
.detail .inside { padding: 18px 20px 32px; display: grid; gap: 18px; }
.detail h2 { margin: 0; font-size: 20px; line-height: 1.25; font-weight: 650; color: var(--text);
  letter-spacing: -.01em; overflow-wrap: anywhere; }
.detail h3 { margin-bottom: 4px; font-size: 12.5px; font-weight: 600; color: var(--muted); }
.detail .verdict { gap: 10px; font-weight: 600; flex-wrap: wrap; }
.detail .reason { font-size: 15.5px; overflow-wrap: anywhere; }
.detail dl { display: grid; grid-template-columns: 96px minmax(0, 1fr); gap: 4px 16px; }
.detail dt { color: var(--muted); } .detail dd { overflow-wrap: anywhere; }
.detail .waiver { padding: 12px 14px; border-radius: 8px; background: var(--waived); color: var(--on-waived); }
.detail .waiver h3 { color: inherit; }
pre { margin: 0; padding: 12px 14px; border-radius: 8px; background: var(--raised); font-size: 12.5px;
  line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
.rows { display: grid; list-style: none; }
.row-button { display: grid; grid-template-columns: 18px minmax(0, 1fr) max-content; gap: 10px; align-items: center;
  width: 100%; padding: 6px 8px; border: 0; border-bottom: 1px solid var(--line); background: none; text-align: left; }
.links { display: flex; flex-wrap: wrap; gap: 8px; }
.tallies { display: flex; flex-wrap: wrap; gap: 8px 16px; }
.tallies > span { display: inline-flex; gap: 6px; align-items: center; }
.paper { display: none; }

@media (max-width: 1000px) {
  .top { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } .headline { grid-column: 1 / -1; }
  .finding { grid-template-columns: 30px minmax(80px, 160px) minmax(120px, 220px) minmax(0, 1fr); }
  .finding .severity { display: none; } .finding .verdict .word { display: none; }
}
@media (max-width: 640px) {
  :root { --label: 150px; }
  #app { padding: 14px 14px 24px; }
  .top { grid-template-columns: minmax(0, 1fr); gap: 12px; }
  h1 { font-size: 25px; }
  .headline { padding: 0; }
  .tools { gap: 10px; }
  #verdicts { width: 100%; display: grid; grid-template-columns: 1fr 1fr; }
  .field { flex: 1 1 140px; } .field.grow { flex-basis: 100%; } .field label { min-width: 52px; }
  .field select { flex: 1; min-width: 0; max-width: none; }
  .field.grow ~ .field label { min-width: 0; }
  .scroller { max-height: 78vh; } .hint { display: none; } h1 .mark { width: 28px; height: 28px; font-size: 17px; }
  .finding { grid-template-columns: 22px minmax(0, 1fr); grid-template-rows: auto auto auto; gap: 0 10px;
    height: 74px; padding: 7px 12px; align-content: center; }
  .finding .verdict { grid-row: 1 / 4; align-self: start; padding-top: 2px; }
  .finding .cluster, .finding .control, .finding .reason { grid-column: 2; line-height: 1.38; }
  .detail .bar-top, .detail .inside { padding-left: 16px; padding-right: 16px; }
}

@media print {
  :root {
    --ground: #ffffff; --surface: #ffffff; --raised: #eef1f5; --line: #cfd6df; --text: #101720; --muted: #465264;
      --accent: #1f5aa8;
    --fail: #c43d1b; --on-fail: #ffffff; --contradiction: #74369c; --on-contradiction: #ffffff; --unknown: #f2bf3d;
      --on-unknown: #2b2000;
    --waived: #dbe6f3; --on-waived: #2a4f7c; --pass: #dcece7; --on-pass: #1c6350; --on-na: #616d7d; --shadow: none;
      color-scheme: light;
  }
  @page { margin: 14mm 12mm; }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  #app { padding: 0; max-width: none; } .tools, main, .status, .detail { display: none !important; }
  .top { grid-template-columns: 1fr 1fr; gap: 10px; } .headline { grid-column: 1 / -1; }
  .notes, .provenance { margin-top: 12px; font-size: 8.5pt; }
  .paper { display: block; margin-top: 16px; }
  .paper h2 { margin: 16px 0 6px; font-size: 12pt; color: var(--text); break-after: avoid; }
  .paper table { width: 100%; border-collapse: collapse; font-size: 9pt; }
  .paper thead { display: table-header-group; } .paper tr { break-inside: avoid; }
  .paper th { text-align: left; font-weight: 600; color: var(--muted); border-bottom: 1px solid var(--text);
    padding: 3px 8px 3px 0; vertical-align: bottom; }
  .paper td { border-bottom: 1px solid var(--line); padding: 3px 8px 3px 0; vertical-align: top;
    overflow-wrap: anywhere; }
  .paper p { margin-top: 6px; } .paper td.figure, .paper th.figure { text-align: right; font-variant-numeric: tabular-nums; }
  .paper .mark { width: 14px; height: 14px; font-size: 9px; margin-right: 5px; vertical-align: -2px; }
  .paper .nobreak { white-space: nowrap; }
  .paper .overview th:nth-child(1) { width: 24%; } .paper .told th:nth-child(3) { width: 16%; }
  .paper .told th:nth-child(4) { width: 26%; }
  .paper .remedies th:nth-child(2) { width: 32%; } .paper .remedies .figure { padding-right: 16px; }
}
"""
