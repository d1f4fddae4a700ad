# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The script of the page. PRIVATE to the collection.

It reads the island of JSON and puts what is in it into text nodes and attributes, never into markup. Only rows that can
be seen are in the document, so that a thousand clusters cost what thirty cost.
"""

from __future__ import annotations

SCRIPT = r"""
(() => {
"use strict";
const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const SEVERITIES = ["high", "medium", "low"];
const CLASSES = data.verdicts.map(([key]) => key === "not_applicable" ? "na" : key);
const WORDS = data.verdicts.map(([, word]) => word);
const SYMBOLS = data.verdicts.map(([, , symbol]) => symbol);
const FAIL = 0, CONTRADICTION = 1, UNKNOWN = 2, WAIVED = 3;
const isOpen = (verdict) => verdict <= CONTRADICTION;
const inOrder = (verdict) => verdict > WAIVED;

const controls = data.controls.map(([id, title, severity, references, reads, privilege, remedy], index) =>
  ({ index, id, title, severity, references, reads, privilege, remedy }));
const clusters = data.clusters.map(([name, release, identity, readAt, unreachable, axl, cli, verdicts, reasons, evidence,
  waivers], index) =>
  ({ index, name, release, identity, readAt, unreachable, axl, cli, verdicts, reasons, evidence, waivers }));
const K = controls.length, C = clusters.length;
const verdictOf = new Uint8Array(C * K);
clusters.forEach((cluster) => {
  for (let k = 0; k < K; k++) verdictOf[cluster.index * K + k] = cluster.verdicts.charCodeAt(k) - 48;
});
// Few clusters read best as columns beside whole titles; many only as rows.
const clustersAreRows = C > 8;

const el = (tag, className, ...children) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
};
const svg = (tag, attributes) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};
const text = (value, className) => el("span", className ? "text " + className : "text", value);
const button = (className, action, ...children) => {
  const node = el("button", className, ...children);
  node.type = "button";
  node.addEventListener("click", action);
  return node;
};
const mark = (verdict) => {
  const node = el("span", "mark " + CLASSES[verdict], SYMBOLS[verdict]);
  node.setAttribute("aria-hidden", "true");
  return node;
};
const number = (value) => value.toLocaleString("en");
const plural = (count, one, many) => number(count) + " " + (count === 1 ? one : many || one + "s");
const time = (iso) => iso ? iso.slice(0, 16).replace("T", " ") + (/(Z|\+00:00)$/.test(iso) ? " UTC" : iso.slice(19)) : "";
const tally = (indices) => {
  const found = new Array(data.verdicts.length).fill(0);
  for (const index of indices) found[verdictOf[index]]++;
  return found;
};
const ofCluster = (c) => Array.from({ length: K }, (unused, k) => c * K + k);
const ofControl = (k) => Array.from({ length: C }, (unused, c) => c * K + k);

// --- what is wrong with each, once ------------------------------------------------------------------

const rankOf = (index) => (isOpen(verdictOf[index]) ? 0 : verdictOf[index]) * 3 + controls[index % K].severity;
for (const cluster of clusters) {
  const open = [0, 0, 0];
  cluster.unknown = 0;
  for (let k = 0; k < K; k++) {
    const verdict = verdictOf[cluster.index * K + k];
    if (isOpen(verdict)) open[controls[k].severity]++;
    if (verdict === UNKNOWN) cluster.unknown++;
  }
  cluster.open = open[0] + open[1] + open[2];
  cluster.weight = ((open[0] * 1000 + open[1]) * 1000 + open[2]) * 1000 + cluster.unknown;
}
const worstFirst = [...clusters].sort((one, other) => other.weight - one.weight || one.index - other.index);
const bySeverity = [...controls].sort((one, other) => one.severity - other.severity || one.index - other.index);
for (const control of controls) {
  control.open = 0;
  for (let c = 0; c < C; c++) if (isOpen(verdictOf[c * K + control.index])) control.open++;
}

// --- the first screen -------------------------------------------------------------------------------

const all = tally(verdictOf.keys());
const openResults = all[FAIL] + all[CONTRADICTION];

function headline() {
  const bad = clusters.filter((cluster) => cluster.open).length;
  if (!C) return "No cluster was judged";
  if (bad && C === 1) return clusters[0].name + " needs attention";
  if (bad) return number(bad) + " of " + plural(C, "cluster needs", "clusters need") + " attention";
  if (all[UNKNOWN]) return "Nothing fails, but " + plural(all[UNKNOWN], "result is", "results are") + " not known";
  return C === 1 ? clusters[0].name + " is as it should be" : "All " + number(C) + " clusters are as they should be";
}

function subline() {
  const high = clusters.reduce((sum, cluster) =>
    sum + ofCluster(cluster.index).filter((index) => isOpen(verdictOf[index]) && controls[index % K].severity === 0).length, 0);
  const lost = clusters.filter((cluster) => cluster.unreachable).length;
  const soon = Date.parse(data.made.generated_at) + 30 * 86400000;
  let expiring = 0;
  for (const cluster of clusters)
    for (const [k, waiver] of Object.entries(cluster.waivers))
      if (verdictOf[cluster.index * K + Number(k)] === WAIVED && Date.parse(waiver[2]) <= soon) expiring++;
  const parts = [];
  const say = (strong, rest) => parts.push(parts.length ? ", " : "", el("b", "", strong), rest || "");
  if (openResults) say(plural(openResults, "open finding"), high ? " (" + number(high) + " of high severity)" : "");
  if (all[UNKNOWN]) say(number(all[UNKNOWN]) + " not known");
  if (lost) say(plural(lost, "cluster"), " could not be read");
  if (all[WAIVED]) say(number(all[WAIVED]) + " waived", expiring ? " (" + number(expiring) + " for less than 30 days more)" : "");
  const judged = plural(K, "control") + " on " + plural(C, "cluster");
  return parts.length ? [...parts, "; " + judged + "."] : [judged + "."];
}

function bar(found, node) {
  const total = found.reduce((sum, count) => sum + count, 0);
  found.forEach((count, verdict) => {
    if (!count) return;
    const part = el("i", CLASSES[verdict]);
    part.style.flex = count + " 1 0";
    part.title = WORDS[verdict] + ": " + number(count);
    node.append(part);
  });
  node.setAttribute("aria-label", found.map((count, verdict) => WORDS[verdict] + " " + count).join(", ") + " of " + total);
}

function worst() {
  const open = controls.filter((control) => control.open)
    .sort((one, other) => other.open - one.open || one.severity - other.severity).slice(0, 5);
  if (!open.length) return [el("li", "", "No control fails on any cluster.")];
  return open.map((control) => {
    const meter = el("span", "meter", el("i", ""));
    meter.firstChild.style.width = Math.max(2, 100 * control.open / C) + "%";
    const line = button("", () => showControl(control.index), text(control.title), el("span", "number", number(control.open)),
      meter);
    line.title = control.title + ": open on " + control.open + " of " + plural(C, "cluster")
      + ", severity " + SEVERITIES[control.severity];
    return el("li", "", line);
  });
}

// One bar a report; stacked parts from the bottom, each [class, values].
function bars(points, parts, label) {
  const width = 320, height = 74, step = Math.min(18, width / points), gap = step > 5 ? 2 : step > 3 ? 1 : 0;
  const totals = Array.from({ length: points }, (unused, i) => parts.reduce((sum, [, values]) => sum + Math.max(0, values[i]),
    0));
  const most = Math.max(0, ...totals);
  const picture = svg("svg", { viewBox: "0 0 " + width + " " + height, preserveAspectRatio: "none", role: "img",
    "aria-label": label });
  for (const y of [0.5, height - 0.5]) picture.append(svg("line", { x1: 0, x2: width, y1: y, y2: y }));
  for (let i = 0; i < points; i++) {
    let y = height;
    for (const [className, values] of parts) {
      const high = Math.max(0, values[i]) / Math.max(1, most) * (height - 2);
      if (!high) continue;
      y -= high;
      picture.append(svg("rect", { class: className, x: (i * step).toFixed(2), width: (step - gap).toFixed(2), y: y.toFixed(2),
        height: high.toFixed(2) }));
    }
  }
  return [picture, most];
}

function axis(most) {
  const points = data.history.length;
  return el("div", "axis", el("span", "", data.history[0][0].slice(0, 10)), el("span", "", "peak " + number(most)),
    el("span", "", points > 1 ? data.history[points - 1][0].slice(0, 10) : ""));
}

function trend() {
  const points = data.history.length, last = data.history[points - 1], before = data.history[points - 2];
  const node = el("div", "trend");
  if (!before) {
    node.append(el("p", "said", "The history begins with this report."));
  } else {
    const change = (last[1][FAIL] + last[1][CONTRADICTION]) - (before[1][FAIL] + before[1][CONTRADICTION]);
    node.append(el("p", "said", el("b", "", number(openResults) + " open"), change === 0 ? ", as many as in the report before"
      : ", " + number(Math.abs(change)) + (change < 0 ? " fewer" : " more") + " than in the report before"));
  }
  const [picture, most] = bars(points, [[CLASSES[FAIL], data.history.map((point) => point[1][FAIL])],
    [CLASSES[CONTRADICTION], data.history.map((point) => point[1][CONTRADICTION])],
    [CLASSES[UNKNOWN], data.history.map((point) => point[1][UNKNOWN])]],
      "Failed, contradicting and unknown results in " + plural(points, "report"));
  if (most) node.append(picture, axis(most));
  return node;
}

function provenance() {
  const names = (service) => {
    const found = new Map();
    for (const cluster of clusters) if (cluster[service]) found.set(cluster[service], (found.get(cluster[service]) || 0) + 1);
    return [...found].sort((one, other) => other[1] - one[1]).slice(0, 5)
      .map(([name, count]) => name + " (" + plural(count,
        "cluster") + ")").join(", ") + (found.size > 5 ? ", and " + (found.size - 5) + " more" : "");
  };
  const reads = clusters.map((cluster) => cluster.readAt).filter(Boolean).sort();
  return pairs([
    ["Report", time(data.made.generated_at) + ", schema " + data.made.schema],
    ["Clusters read", reads.length ? time(reads[0]) + (reads.length > 1 ? " to " + time(reads[reads.length - 1]) : "") : ""],
    ["Accounts", [["AXL", names("axl")], ["CLI", names("cli")]].filter(([, told]) => told)
      .map(([kind, told]) => kind + " " + told).join("; ")],
    ["Made by", "ucops.cucm " + data.made.collection_version + ", ansible-core " + data.made.ansible_version],
    ["Digest (SHA-256)", data.made.digest, "mono"],
  ]);
}

function pairs(rows) {
  const list = el("dl", "");
  for (const [name, value, className] of rows)
    if (value && value.length) list.append(el("dt", "", name), el("dd", "", text(value, className)));
  return list;
}

// --- filter -----------------------------------------------------------------------------------------

const filter = { verdicts: new Set(), severities: new Set(), cluster: -1, words: [], order: "worst",
  view: C > 1 ? "grid" : "list" };
const shown = new Uint8Array(C * K);
const view = { clusters: [], controls: [], findings: [] };
let lowered = null;

function lower() {
  // Made once, and only when somebody searches.
  if (!lowered) {
    const low = (values) => values.map((value) => value.toLowerCase());
    lowered = {
      clusters: low(clusters.map((cluster) => cluster.name + "\n" + cluster.release + "\n" + cluster.unreachable)),
      controls: low(controls.map((control) => [control.id, control.title, ...control.references].join("\n"))),
      texts: low(data.texts),
    };
  }
  return lowered;
}

function apply() {
  const { verdicts, severities } = filter;
  const wantedVerdict = WORDS.map((unused, verdict) => !verdicts.size || verdicts.has(verdict));
  const wantedControl = controls.map((control) => !severities.size || severities.has(control.severity));
  const hits = filter.words.map((word) => {
    const { clusters: names, controls: titles, texts } = lower();
    return [names, titles, texts].map((values) => values.map((value) => value.includes(word)));
  });
  const buckets = Array.from({ length: 3 * data.verdicts.length }, () => []);
  const usedControl = new Uint8Array(K);
  view.clusters = [];
  shown.fill(0);
  for (const cluster of filter.order === "worst" ? worstFirst : clusters) {
    const c = cluster.index;
    if (filter.cluster >= 0 && filter.cluster !== c) continue;
    let any = false;
    for (let k = 0; k < K; k++) {
      const index = c * K + k;
      if (!wantedControl[k] || !wantedVerdict[verdictOf[index]]) continue;
      if (!hits.every(([names, titles, texts]) => names[c] || titles[k] || texts[cluster.reasons[k]])) continue;
      shown[index] = 1;
      usedControl[k] = 1;
      any = true;
      buckets[rankOf(index)].push(index);
    }
    if (any) view.clusters.push(c);
  }
  view.controls = bySeverity.filter((control) => usedControl[control.index]).map((control) => control.index);
  view.findings = buckets.flat();
  draw();
}

function draw() {
  const filtered = filter.verdicts.size || filter.severities.size || filter.words.length || filter.cluster >= 0;
  const nothing = !view.findings.length;
  byId("clear").hidden = !filtered;
  byId("nothing").hidden = !nothing;
  grid.scroller.hidden = nothing || filter.view !== "grid";
  list.scroller.hidden = nothing || filter.view !== "list";
  byId("view-grid").setAttribute("aria-pressed", String(filter.view === "grid"));
  byId("view-list").setAttribute("aria-pressed", String(filter.view === "list"));
  byId("status").replaceChildren((filtered ? number(view.findings.length) + " of " : "") + plural(C * K, "result") + " on "
    + plural(view.clusters.length, "cluster") + ". ",
    el("span", "hint", "Arrow keys move, Enter opens, / searches."));
  for (const group of ["verdicts", "severities"])
    for (const chip of byId(group).children) chip.setAttribute("aria-pressed",
      String(filter[group].has(Number(chip.dataset.value))));
  (filter.view === "grid" ? grid : list).refresh();
}

// --- rows of which only the visible ones exist ------------------------------------------------------

class Rows {
  // source: { prepare(width) -> height of a row, head() -> node or null, count(), columns(), row(r) -> node, open(r, c) }
  constructor(scroller, source) {
    this.scroller = scroller;
    this.source = source;
    this.active = null;
    this.body = el("div", "body");
    this.body.setAttribute("role", "presentation");
    scroller.append(this.body);
    let waiting = false;
    scroller.addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; this.fill(false); });
    }, { passive: true });
    scroller.addEventListener("click", (event) => {
      const hit = event.target.closest("[data-r]");
      if (!hit) return;
      this.active = [Number(hit.dataset.r), Number(hit.dataset.c)];
      this.fill(true);
      source.open(...this.active);
    });
    scroller.addEventListener("keydown", (event) => this.key(event));
    scroller.addEventListener("focus", () => { if (!this.active && scroller.matches(":focus-visible")) this.move(0, 0); });
  }
  refresh() {
    this.height = this.source.prepare(this.scroller.clientWidth);
    this.active = null;
    this.scroller.removeAttribute("aria-activedescendant");
    if (this.head) this.head.remove();
    this.head = this.source.head();
    if (this.head) this.scroller.prepend(this.head);
    this.scroller.setAttribute("aria-rowcount", String(this.source.count() + (this.head ? 1 : 0)));
    this.body.style.height = this.source.count() * this.height + "px";
    this.scroller.scrollTop = 0;
    this.fill(true);
  }
  fill(anew) {
    const top = this.scroller.scrollTop, seen = this.scroller.clientHeight;
    const first = Math.max(0, Math.floor(top / this.height) - 8);
    const last = Math.min(this.source.count(), Math.ceil((top + seen) / this.height) + 8);
    if (!anew && first === this.first && last === this.last) return;
    this.first = first;
    this.last = last;
    const rows = [];
    for (let r = first; r < last; r++) {
      const row = this.source.row(r);
      row.style.top = r * this.height + "px";
      row.style.height = this.height + "px";
      row.setAttribute("role", "row");
      row.setAttribute("aria-rowindex", String(r + (this.head ? 2 : 1)));
      rows.push(row);
    }
    this.body.replaceChildren(...rows);
    const old = this.scroller.querySelector(".active");
    if (old) old.classList.remove("active");
    if (!this.active) return;
    const cell = this.scroller.querySelector('[data-r="' + this.active[0] + '"][data-c="' + this.active[1] + '"]');
    if (cell) {
      cell.classList.add("active");
      cell.id = this.scroller.id + "-active";
      this.scroller.setAttribute("aria-activedescendant", cell.id);
    }
  }
  move(r, c) {
    const { source, scroller } = this;
    const old = scroller.querySelector("#" + scroller.id + "-active");
    if (old) old.removeAttribute("id");
    const least = this.head && source.columns() > 0 ? -1 : 0;
    const row = Math.max(least, Math.min(source.count() - 1, r));
    this.active = [row, Math.max(row < 0 ? 0 : -1, Math.min(source.columns() - 1, c))];
    if (row >= 0) {
      const head = this.head ? this.head.offsetHeight : 0, top = row * this.height;
      const bottom = top + this.height + head;
      if (top < scroller.scrollTop) scroller.scrollTop = top;
      else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
    }
    this.fill(true);
    const cell = scroller.querySelector("#" + scroller.id + "-active");
    if (cell && source.columns() > 0 && this.active[1] >= 0) {
      const label = this.label || 0, left = cell.offsetLeft, right = left + cell.offsetWidth;
      if (left - label < scroller.scrollLeft) scroller.scrollLeft = left - label;
      else if (right > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = right - scroller.clientWidth;
    }
  }
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const [r, c] = this.active || [0, -1], page = Math.max(1, Math.floor(this.scroller.clientHeight / this.height) - 2);
    const to = { ArrowDown: [r + 1, c], ArrowUp: [r - 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
      PageDown: [r + page, c],
      PageUp: [Math.max(0, r - page), c], Home: [0, c], End: [this.source.count() - 1, c] }[event.key];
    if (to) this.move(...to);
    else if ((event.key === "Enter" || event.key === " ") && this.active) this.source.open(...this.active);
    else return;
    event.preventDefault();
  }
}

const at = (node, r, c, role) => {
  node.dataset.r = r;
  node.dataset.c = c;
  node.setAttribute("role", role);
  return node;
};

function cell(index, r, c, group, wide) {
  const verdict = verdictOf[index], cluster = clusters[Math.floor(index / K)], control = controls[index % K];
  const node = at(el("div", "cell" + (shown[index] ? "" : " dim") + (group ? " group" : ""), el("span", CLASSES[verdict],
    SYMBOLS[verdict])), r, c, "gridcell");
  if (wide) node.firstChild.append(el("span", "word", WORDS[verdict]));
  const told = cluster.name + ", " + control.title + ": " + WORDS[verdict];
  node.setAttribute("aria-label", told);
  node.title = told + "\n" + data.texts[cluster.reasons[control.index]];
  return node;
}

function column(value, full, c, group) {
  const node = at(el("div", "column" + (group ? " group" : ""), text(value)), -1, c, "columnheader");
  node.title = full;
  return node;
}

const tallied = (found) => {
  const node = el("span", "tally");
  found.forEach((count, verdict) => { if (count && !inOrder(verdict)) node.append(mark(verdict), number(count)); });
  if (!node.childNodes.length) node.append(mark(WORDS.indexOf("Pass")));
  return node;
};
const severityAt = (position) => position in view.controls ? controls[view.controls[position]].severity : -1;
const severityStarts = (position) => position > 0 && severityAt(position) !== severityAt(position - 1);

// Many clusters: a row each, controls as columns; on a narrow screen a row says how many instead.
const clusterRows = {
  prepare(width) {
    this.compact = width < 600;
    const columns = Math.max(1, view.controls.length);
    const each = Math.max(22, Math.min(44, Math.floor((width - Math.max(150, width * 0.17)) / columns)));
    const label = Math.max(150, Math.min(Math.max(240, width * 0.3), width - each * columns - 6));
    byId("grid").classList.add("upright");
    byId("grid").classList.toggle("compact", this.compact);
    byId("grid").style.setProperty("--label", label + "px");
    byId("grid").style.setProperty("--cell", each + "px");
    grid.label = label;
    return this.compact ? 44 : 28;
  },
  count: () => view.clusters.length,
  columns() { return this.compact ? 0 : view.controls.length; },
  head() {
    if (this.compact) return null;
    const corner = el("div", "corner", el("span", "", plural(view.clusters.length, "cluster")), el("span", "",
      plural(view.controls.length, "control")));
    const head = el("div", "head", corner);
    head.setAttribute("role", "row");
    view.controls.forEach((k, position) => {
      const named = SEVERITIES[controls[k].severity];
      const node = column(controls[k].id, controls[k].title + " (" + named + " severity)", position, severityStarts(position));
      // A group of one column has no room for its name.
      const first = position === 0 || severityStarts(position), alone = severityAt(position + 1) !== controls[k].severity;
      if (first && !alone) node.prepend(el("span", "group-name", named));
      head.append(node);
    });
    return head;
  },
  row(r) {
    const cluster = clusters[view.clusters[r]];
    const label = at(el("div", "label", text(cluster.name, cluster.unreachable ? "lost" : "")), r, -1, "rowheader");
    label.title = cluster.name + (cluster.unreachable ? "\nNot read: " + cluster.unreachable : "");
    if (this.compact) return el("div", "row", label, at(tallied(tally(ofCluster(cluster.index))), r, -1, "gridcell"));
    if (cluster.open) label.append(el("span", "count", number(cluster.open)));
    return el("div", "row", label, ...view.controls.map((k, position) =>
      cell(cluster.index * K + k, r, position, severityStarts(position))));
  },
  open(r, c) {
    if (r < 0) showControl(view.controls[c]);
    else if (c < 0) showCluster(view.clusters[r]);
    else showResult(view.clusters[r] * K + view.controls[c]);
  },
};

// Few clusters: a column each, a row for each control with its whole title.
const controlRows = {
  prepare(width) {
    const columns = Math.max(1, view.clusters.length);
    const [least, most, share] = width < 600 ? [34, 72, 0.55] : [64, 150, 0.6];
    const each = Math.max(least, Math.min(most, Math.floor(width * share / columns)));
    const label = Math.max(130, width - each * columns - 2);
    this.upright = each < 60;
    this.worded = each >= 120;
    byId("grid").classList.toggle("worded", this.worded);
    byId("grid").classList.toggle("flat", !this.upright);
    byId("grid").style.setProperty("--label", label + "px");
    byId("grid").style.setProperty("--cell", each + "px");
    byId("grid").style.setProperty("--head", "110px");
    grid.label = label;
    return 30;
  },
  count: () => view.controls.length,
  columns: () => view.clusters.length,
  head() {
    const corner = el("div", "corner", el("span", "", plural(view.controls.length, "control")));
    const head = el("div", "head", corner, ...view.clusters.map((c, position) =>
      column(clusters[c].name, clusters[c].name + (clusters[c].unreachable ? "\nNot read: " + clusters[c].unreachable : ""),
        position, false)));
    head.setAttribute("role", "row");
    return head;
  },
  row(r) {
    const control = controls[view.controls[r]];
    const label = at(el("div", "label", text(control.title), el("span", "severity " + SEVERITIES[control.severity],
      SEVERITIES[control.severity])), r, -1, "rowheader");
    label.title = control.title + " (" + control.id + ")";
    return el("div", "row", label, ...view.clusters.map((c, position) =>
      cell(c * K + control.index, r, position, false, this.worded)));
  },
  open(r, c) {
    if (r < 0) showCluster(view.clusters[c]);
    else if (c < 0) showControl(view.controls[r]);
    else showResult(view.clusters[c] * K + view.controls[r]);
  },
};

const findingRows = {
  prepare: (width) => width < 610 ? 74 : 38,
  count: () => view.findings.length,
  columns: () => 0,
  head: () => null,
  row(r) {
    const index = view.findings[r], cluster = clusters[Math.floor(index / K)], control = controls[index % K],
      verdict = verdictOf[index];
    const line = at(el("div", "finding", el("span", "verdict", mark(verdict), el("span", "word", WORDS[verdict])),
      el("span", "severity " + SEVERITIES[control.severity], SEVERITIES[control.severity]), text(cluster.name, "cluster"),
      text(control.title, "control"), text(data.texts[cluster.reasons[control.index]], "reason")), r, -1, "gridcell");
    line.setAttribute("aria-label", WORDS[verdict] + ", " + cluster.name + ", " + control.title);
    return el("div", "row", line);
  },
  open: (r) => showResult(view.findings[r]),
};

const grid = new Rows(byId("grid"), clustersAreRows ? clusterRows : controlRows);
const list = new Rows(byId("list"), findingRows);

// --- details ----------------------------------------------------------------------------------------

const detail = byId("detail");

function show(kicker, title, buttons, parts) {
  const heading = el("h2", "", text(title));
  heading.id = "detail-title";
  const close = button("chip quiet", () => detail.close(), "Close");
  detail.replaceChildren(el("div", "bar-top", el("span", "kicker", kicker), ...buttons, close), el("div", "inside", heading,
    ...parts.filter(Boolean)));
  if (!detail.open) detail.showModal();
  detail.scrollTop = 0;
  close.focus();
}

function part(title, ...children) {
  return el("section", "", el("h3", "", title), ...children);
}

const tallies = (found) => el("div", "tallies", ...found.flatMap((count, verdict) =>
  count ? [el("span", "", mark(verdict), number(count) + " " + WORDS[verdict].toLowerCase())] : []));

function about(control) {
  return pairs([["Severity", SEVERITIES[control.severity]], ["References", control.references.join(", ")], ["Reads",
    control.reads.join(", ")],
    ["Privilege", control.privilege], ["Control", control.id, "mono"]]);
}

function showResult(index) {
  const cluster = clusters[Math.floor(index / K)], control = controls[index % K], k = control.index, verdict = verdictOf[index];
  const place = view.findings.indexOf(index), step = (by, word) => {
    const node = button("chip quiet", () => showResult(view.findings[place + by]), word);
    node.disabled = place < 0 || !(place + by in view.findings);
    return node;
  };
  const waiver = cluster.waivers[k];
  const line = el("div", "verdict", mark(verdict), WORDS[verdict], el("span", "severity " + SEVERITIES[control.severity],
    SEVERITIES[control.severity] + " severity"));
  show(text(cluster.name), control.title, [step(-1, "Previous"), step(1, "Next")], [
    line,
    el("p", "reason", text(data.texts[cluster.reasons[k]])),
    waiver && el("section", "waiver", el("h3", "", verdict === WAIVED ? "Waived" : "Waiver that does not count"),
      pairs([["Reason", waiver[0]], ["Owner", waiver[1]], ["Until", waiver[2]]])),
    !inOrder(verdict) && control.remedy && part("Remedy", text(control.remedy)),
    cluster.evidence[k] >= 0 && part("Evidence", el("pre", "", data.texts[cluster.evidence[k]])),
    part("About the control", about(control)),
    part("About the cluster", pairs([["Release", cluster.release], ["Read", time(cluster.readAt)],
      ["Not read", cluster.unreachable]])),
    el("div", "links", button("chip quiet", () => showCluster(cluster.index), "All of this cluster"),
      C > 1 && button("chip quiet", () => showControl(k), "This control everywhere") || ""),
  ]);
}

function resultRows(indices, name, most) {
  const sorted = indices.map((index) => [rankOf(index), index]).sort((one,
    other) => one[0] - other[0] || one[1] - other[1]).map(([, index]) => index);
  const rows = sorted.slice(0, most).map((index) => el("li", "", button("row-button", () => showResult(index),
    mark(verdictOf[index]), text(name(index)),
    el("span", "severity", WORDS[verdictOf[index]]))));
  if (sorted.length > most) rows.push(el("li", "kicker",
    "and " + number(sorted.length - most) + " more; the list shows them all."));
  return el("ul", "rows", ...rows);
}

function showCluster(c) {
  const cluster = clusters[c], indices = ofCluster(c), values = data.trends[c], points = values.length;
  let past = null;
  if (points > 1) {
    const [picture, most] = bars(points, [[CLASSES[FAIL], values]], "Open findings in " + plural(points, "report"));
    past = part("Open findings over time", el("div", "trend", picture, axis(most)));
  }
  show("Cluster", cluster.name, [], [
    cluster.unreachable && el("p", "reason", text("Could not be read: " + cluster.unreachable)),
    tallies(tally(indices)),
    pairs([["Release", cluster.release], ["Read", time(cluster.readAt)], ["AXL account", cluster.axl],
      ["CLI account", cluster.cli], ["Identity", cluster.identity, "mono"]]),
    past,
    part("Results", resultRows(indices, (index) => controls[index % K].title, 500)),
  ]);
}

function showControl(k) {
  const control = controls[k], indices = ofControl(k);
  show("Control", control.title, [], [
    tallies(tally(indices)),
    control.remedy && part("Remedy", text(control.remedy)),
    part("About the control", about(control)),
    part("Results", resultRows(indices, (index) => clusters[Math.floor(index / K)].name, 300)),
  ]);
}

detail.addEventListener("click", (event) => { if (event.target === detail) detail.close(); });

// --- paper ------------------------------------------------------------------------------------------

const PAPER_ROWS = 2000;

function table(heads, rows) {
  const node = el("table", ""), row = el("tr", "");
  heads.forEach(([name, className]) => row.append(el("th", className || "", name)));
  node.append(el("thead", "", row), el("tbody", "", ...rows));
  return node;
}

// What the filter shows, all of it, since paper cannot be scrolled.
function paper() {
  const figures = WORDS.map((word) => [word, "figure"]);
  const overview = view.clusters.slice(0, PAPER_ROWS).map((c) => {
    const row = el("tr", "", el("td", "", text(clusters[c].name)), el("td", "",
      text(clusters[c].release || (clusters[c].unreachable ? "not read" : ""))));
    tally(ofCluster(c)).forEach((count) => row.append(el("td", "figure", count ? number(count) : "")));
    return row;
  });
  const told = filter.verdicts.size ? view.findings : view.findings.filter((index) => !inOrder(verdictOf[index]));
  const rows = told.slice(0, PAPER_ROWS).map((index) => {
    const cluster = clusters[Math.floor(index / K)], control = controls[index % K], verdict = verdictOf[index],
      waiver = cluster.waivers[control.index];
    return el("tr", "", el("td", "nobreak", mark(verdict), WORDS[verdict]), el("td", "", SEVERITIES[control.severity]),
      el("td", "", text(cluster.name)),
      el("td", "", text(control.title)), el("td", "", text(data.texts[cluster.reasons[control.index]]
        + (waiver && verdict === WAIVED ? " (" + waiver[0] + "; " + waiver[1] + ", until " + waiver[2] + ")" : ""))));
  });
  byId("paper").replaceChildren(el("h2", "", "Clusters"), table([["Cluster"], ["Release"], ...figures], overview),
    ...(rows.length ? [el("h2", "", "Results that are not in order"),
      table([["Verdict"], ["Severity"], ["Cluster"], ["Control"], ["Reason"]], rows)] : []),
    ...(told.length > PAPER_ROWS ? [el("p", "",
      "and " + number(told.length - PAPER_ROWS) + " more; filter the page to print them.")] : []));
}
addEventListener("beforeprint", paper);
matchMedia("print").addEventListener("change", (event) => { if (event.matches) paper(); });

// --- start ------------------------------------------------------------------------------------------

function chips() {
  WORDS.forEach((word, verdict) => {
    const chip = button(all[verdict] ? "chip" : "chip none", () => toggle("verdicts", verdict), mark(verdict),
      el("b", "", number(all[verdict])), el("span", "what", word.toLowerCase()));
    chip.dataset.value = verdict;
    byId("verdicts").append(chip);
  });
  SEVERITIES.forEach((word, severity) => {
    const chip = button("chip", () => toggle("severities", severity), word);
    chip.dataset.value = severity;
    byId("severities").append(chip);
  });
  const choose = byId("cluster");
  const options = [["-1", "all"], ...clusters.map((cluster) => [String(cluster.index), cluster.name])];
  choose.append(...options.map(([value, name]) => { const option = el("option", "",
    name); option.value = value; return option; }));
}

function toggle(group, value) {
  if (!filter[group].delete(value)) filter[group].add(value);
  apply();
}

function search() {
  filter.words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  apply();
}

function clear() {
  filter.verdicts.clear();
  filter.severities.clear();
  filter.cluster = -1;
  byId("cluster").value = "-1";
  byId("search").value = "";
  search();
}

byId("made").textContent = time(data.made.generated_at);
byId("headline").append(mark(openResults ? FAIL : all[UNKNOWN] ? UNKNOWN : WORDS.indexOf("Pass")), text(headline()));
byId("subline").append(...subline());
bar(all, byId("bar"));
byId("worst").append(...worst());
byId("trend").append(trend());
byId("provenance").append(provenance());
document.title = "CUCM compliance: " + headline();
chips();
byId("search").addEventListener("input", search);
byId("clear").addEventListener("click", clear);
byId("tools").addEventListener("submit", (event) => event.preventDefault());
byId("cluster").addEventListener("change", (event) => { filter.cluster = Number(event.target.value); apply(); });
byId("order").addEventListener("change", (event) => { filter.order = event.target.value; apply(); });
for (const name of ["grid", "list"]) byId("view-" + name).addEventListener("click", () => { filter.view = name; draw(); });
addEventListener("keydown", (event) => {
  if (event.key === "/" && !detail.open && !/^(INPUT|SELECT)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    byId("search").focus();
  } else if (event.key === "Escape" && document.activeElement === byId("search") && byId("search").value) {
    event.preventDefault();
    byId("search").value = "";
    search();
  }
});
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
byId("app").hidden = false;
apply();
})();
"""
