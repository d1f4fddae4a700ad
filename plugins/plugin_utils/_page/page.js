// The script of the compliance page. It reads the island of JSON and puts what is in it into text nodes and attributes,
// never into markup. Only rows that can be seen are in the document, so that a thousand clusters cost what thirty cost.
//
// A result is known by its index: the cluster's index times the number of controls, plus the control's index.
(() => {
"use strict";
const byId = /** @type {ById} */ ((id) => document.getElementById(id));
/** @type {Island} */
const data = JSON.parse(byId("data").textContent);
const { controls, clusters, history } = data;
const K = controls.length, C = clusters.length, ALL = C * K;
const SEVERITIES = data.severities;
const CLASSES = data.verdicts.map(([key]) => key === "not_applicable" ? "na" : key);
const WORDS = data.verdicts.map(([, word]) => word);
const SYMBOLS = data.verdicts.map(([, , symbol]) => symbol);
const [FAIL, CONTRADICTION, UNKNOWN, WAIVED, PASS] = data.verdicts.keys();
const isOpen = (verdict) => verdict <= CONTRADICTION;
const inOrder = (verdict) => verdict > WAIVED;
// Few clusters read best as columns beside whole titles; many only as rows.
const clustersAreRows = C > 8;

const verdictOf = new Uint8Array(ALL);
controls.forEach((control, k) => { control.index = k; });
clusters.forEach((cluster, c) => {
  cluster.index = c;
  for (let k = 0; k < K; k++) verdictOf[c * K + k] = Number(cluster.verdicts[k]);
});
const clusterOf = (index) => clusters[Math.floor(index / K)];
const controlOf = (index) => controls[index % K];
const reasonOf = (index) => data.texts[clusterOf(index).reasons[index % K]];
const ofCluster = (c) => Array.from({ length: K }, (unused, k) => c * K + k);
const ofControl = (k) => Array.from({ length: C }, (unused, c) => c * K + k);

// --- nodes ------------------------------------------------------------------------------------------

/** @type {El} */
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
// What a device or a site says: its direction stays its own.
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
const severity = (control, more) => {
  const word = SEVERITIES[control.severity];
  return el("span", "severity " + word, word + (more || ""));
};
const pairs = (rows) => {
  const list = el("dl", "");
  for (const [name, value, className] of rows)
    if (value) list.append(el("dt", "", name), el("dd", "", text(value, className)));
  return list;
};
const number = (value) => value.toLocaleString("en");
const plural = (count, word) => number(count) + " " + word + (count === 1 ? "" : "s");
const time = (iso) => iso && iso.slice(0, 16).replace("T", " ") + " UTC";

// --- counts -----------------------------------------------------------------------------------------

const tally = (indices) => {
  const found = new Array(WORDS.length).fill(0);
  for (const index of indices) found[verdictOf[index]]++;
  return found;
};
// Gravest first: what is open by severity, then what is unknown, waived and in order.
const rankOf = (index) =>
  (isOpen(verdictOf[index]) ? 0 : verdictOf[index]) * SEVERITIES.length + controlOf(index).severity;

for (const control of controls) control.open = 0;
for (const cluster of clusters) {
  const found = ofCluster(cluster.index).filter((index) => isOpen(verdictOf[index]));
  for (const index of found) controlOf(index).open++;
  cluster.high = found.filter((index) => controlOf(index).severity === 0).length;
  cluster.findings = found.length;
}
const worstFirst = data.worst.map((c) => clusters[c]);
const bySeverity = [...controls].sort((one, other) => one.severity - other.severity || one.index - other.index);
const lost = clusters.filter((cluster) => cluster.unreachable);
const unseen = clusters.filter((cluster) => cluster.unseen);
const named = (names, most) => names.slice(0, most).join(", ")
  + (names.length > most ? " and " + number(names.length - most) + " more" : "");
const all = tally(verdictOf.keys());
const openResults = all[FAIL] + all[CONTRADICTION];

// --- the first screen -------------------------------------------------------------------------------

function subline() {
  const high = clusters.reduce((sum, cluster) => sum + cluster.high, 0);
  const soon = Date.parse(data.made.generated_at) + 30 * 86400000;
  let expiring = 0;
  for (const cluster of clusters)
    for (const [k, waiver] of Object.entries(cluster.waivers))
      if (Number(cluster.verdicts[k]) === WAIVED && Date.parse(waiver.expires) <= soon) expiring++;
  const parts = [];
  const say = (strong, rest) => parts.push(parts.length ? ", " : "", el("b", "", strong), rest);
  if (openResults) say(plural(openResults, "open finding"), high ? " (" + number(high) + " of high severity)" : "");
  if (all[UNKNOWN]) say(number(all[UNKNOWN]) + " not known", "");
  if (lost.length) say(text(named(lost.map(({ name }) => name), 3)), " could not be read");
  if (unseen.length) say(text(named(unseen.map(({ name }) => name), 3)), " not in this run");
  if (all[WAIVED])
    say(number(all[WAIVED]) + " waived", expiring ? " (" + number(expiring) + " for less than 30 days more)" : "");
  return [...parts, (parts.length ? "; " : "") + plural(K, "control") + " on " + plural(C, "cluster") + "."];
}

function bar(node) {
  all.forEach((count, verdict) => {
    if (!count) return;
    const part = el("i", CLASSES[verdict]);
    part.style.flex = count + " 1 0";
    part.title = WORDS[verdict] + ": " + number(count);
    node.append(part);
  });
  node.setAttribute("aria-label", all.map((count, verdict) => number(count) + " " + WORDS[verdict]).join(", "));
}

function worstControls() {
  const open = controls.filter((control) => control.open)
    .sort((one, other) => other.open - one.open || one.severity - other.severity).slice(0, 5);
  if (!open.length) return [el("li", "", ALL ? "No control fails on any cluster." : "Nothing was judged.")];
  return open.map((control) => {
    const meter = el("i", "");
    meter.style.width = Math.max(2, 100 * control.open / C) + "%";
    const line = button("", () => showControl(control.index), text(control.title),
      el("span", "number", number(control.open)), el("span", "meter", meter));
    line.title = control.title + ": not met on " + number(control.open) + " of " + plural(C, "cluster")
      + ", severity " + SEVERITIES[control.severity];
    return el("li", "", line);
  });
}

// One bar a report; the parts are stacked from the bottom, each [verdict, values]. Below it when that was, and the most.
function bars(parts, label) {
  const points = history.length, width = 320, height = 80;
  const step = Math.min(18, width / points), gap = step > 5 ? 2 : step > 3 ? 1 : 0;
  const total = (i) => parts.reduce((sum, [, values]) => sum + Math.max(0, values[i]), 0);
  const most = history.reduce((found, unused, i) => Math.max(found, total(i)), 0);
  const picture = svg("svg", { viewBox: "0 0 " + width + " " + height, preserveAspectRatio: "none", role: "img",
    "aria-label": label + ", " + number(most) + " at most" });
  for (const y of [0.5, height - 0.5]) picture.append(svg("line", { x1: 0, x2: width, y1: y, y2: y }));
  for (let i = 0; i < points; i++) {
    let y = height;
    for (const [verdict, values] of parts) {
      const high = Math.max(0, values[i]) / Math.max(1, most) * (height - 2);
      if (!high) continue;
      y -= high;
      picture.append(svg("rect", { class: CLASSES[verdict], x: (i * step).toFixed(2), y: y.toFixed(2),
        width: (step - gap).toFixed(2), height: high.toFixed(2) }));
    }
  }
  return [picture, el("div", "axis", ...[history[0].at.slice(0, 10), "peak " + number(most),
    history[points - 1].at.slice(0, 10)].map((said) => el("span", "", said)))];
}

function trend() {
  const points = history.length;
  if (points < 2) return [el("p", "", "The history begins with this report.")];
  const stacked = [FAIL, CONTRADICTION, UNKNOWN];
  return [
    el("p", "", el("b", "", number(openResults) + " open, " + number(all[UNKNOWN]) + " unknown"), ": " + data.comparison),
    ...bars(stacked.map((verdict) => [verdict, history.map(({ counts }) => counts[verdict])]),
      stacked.map((verdict) => WORDS[verdict]).join(", ") + " in " + plural(points, "report")),
    el("p", "legend", ...stacked.map((verdict) => el("span", "", el("i", CLASSES[verdict]), WORDS[verdict].toLowerCase()))),
  ];
}

function provenance() {
  const accounts = (/** @type {"axl" | "cli"} */ service) => {
    const found = new Map();
    for (const { [service]: name } of clusters) if (name) found.set(name, (found.get(name) || 0) + 1);
    return named([...found].sort((one, other) => other[1] - one[1])
      .map(([name, count]) => name + " (" + plural(count, "cluster") + ")"), 5);
  };
  const saved = clusters.filter((cluster) => cluster.saved);
  const read = clusters.filter((cluster) => !cluster.saved).map((cluster) => cluster.read_at).filter(Boolean).sort();
  const span = [...new Set([read[0], read[read.length - 1]])].filter(Boolean);
  return pairs([
    ["Report", time(data.made.generated_at) + ", schema " + data.made.schema],
    ["Clusters read", span.map(time).join(" to ")],
    ["Not in this run", named(unseen.map((cluster) => cluster.name + " (" + cluster.unseen + ")"), 10)],
    ["", unseen.length ? data.retiring : ""],
    ["Saved answers", named(saved.map((cluster) => cluster.name + " (" + cluster.saved + ")"), 10)],
    ["AXL account", accounts("axl")],
    ["CLI account", accounts("cli")],
    ["Made by", "ucops.cucm " + data.made.collection_version + ", ansible-core " + data.made.ansible_version],
    ["Digest (SHA-256)", data.made.digest, "mono"],
  ]);
}

// --- filter -----------------------------------------------------------------------------------------

/** @type {Filter} */
const filter = { verdicts: new Set(), severities: new Set(), cluster: -1, words: [], order: "worst",
  view: C > 1 ? "grid" : "list" };
const shown = new Uint8Array(ALL);
/** @type {View} */
const view = { clusters: [], controls: [], findings: [] };
/** @type {Lowered | null} */
let lowered = null;

function lower() {
  // Made once, and only when somebody searches.
  const low = (values) => values.map((value) => value.toLowerCase());
  lowered = lowered || {
    clusters: low(clusters.map(({ name, release, unreachable }) => [name, release, unreachable].join("\n"))),
    controls: low(controls.map(({ id, title, references }) => [id, title, ...references].join("\n"))),
    texts: low(data.texts),
  };
  return lowered;
}

function apply() {
  const fitsVerdict = WORDS.map((unused, verdict) => !filter.verdicts.size || filter.verdicts.has(verdict));
  const fitsControl = controls.map((control) => !filter.severities.size || filter.severities.has(control.severity));
  // Every word has to be in the cluster, the control or the reason.
  const hits = filter.words.map((word) =>
    Object.fromEntries(Object.entries(lower()).map(([part, values]) => [part, values.map((value) => value.includes(word))])));
  const byRank = Array.from({ length: WORDS.length * SEVERITIES.length }, () => /** @type {number[]} */ ([]));
  const bestRank = new Array(K).fill(Infinity);
  view.clusters = [];
  shown.fill(0);
  for (const { index: c, reasons } of filter.order === "worst" ? worstFirst : clusters) {
    if (filter.cluster >= 0 && filter.cluster !== c) continue;
    let any = false;
    for (let k = 0; k < K; k++) {
      const index = c * K + k;
      if (!fitsControl[k] || !fitsVerdict[verdictOf[index]]) continue;
      if (!hits.every((hit) => hit.clusters[c] || hit.controls[k] || hit.texts[reasons[k]])) continue;
      const rank = rankOf(index);
      shown[index] = 1;
      any = true;
      byRank[rank].push(index);
      bestRank[k] = Math.min(bestRank[k], rank);
    }
    if (any) view.clusters.push(c);
  }
  view.findings = byRank.flat();
  view.controls = bySeverity.map((control) => control.index).filter((k) => bestRank[k] < Infinity);
  if (!clustersAreRows && filter.order === "worst") view.controls.sort((one, other) => bestRank[one] - bestRank[other]);
  draw();
}

function draw() {
  const filtered = filter.verdicts.size || filter.severities.size || filter.words.length || filter.cluster >= 0;
  const nothing = !view.findings.length;
  byId("clear").hidden = !filtered;
  byId("nothing").hidden = !nothing;
  byId("nothing").textContent = ALL ? "Nothing fits the filter." : "There is nothing to show.";
  for (const rows of [grid, list]) {
    const { id } = rows.scroller;
    rows.scroller.hidden = nothing || filter.view !== id;
    byId("view-" + id).setAttribute("aria-pressed", String(filter.view === id));
    if (!rows.scroller.hidden) rows.refresh();
  }
  for (const group of ["verdicts", "severities"])
    for (const chip of byId(group).querySelectorAll("button"))
      chip.setAttribute("aria-pressed", String(filter[group].has(Number(chip.dataset.value))));
  byId("status").replaceChildren(
    (filtered ? number(view.findings.length) + " of " : "") + plural(ALL, "result") + " on "
      + plural(view.clusters.length, "cluster") + ". ", el("span", "hint", "Arrow keys move, Enter opens, / searches."));
}

// --- rows of which only the visible ones exist ------------------------------------------------------

class Rows {
  // source: { prepare(width) -> height of a row, head() -> node or null, count(), columns(), row(r) -> node, open(r, c) }.
  // A place is a row and a column; row -1 is the head, column -1 the label of a row.
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
    scroller.addEventListener("focus", () => {
      if (!this.active && scroller.matches(":focus-visible")) this.move(0, 0);
    });
  }

  refresh() {
    const { scroller, source } = this;
    this.height = source.prepare(scroller.clientWidth);
    this.active = null;
    if (this.head) this.head.remove();
    this.head = source.head();
    if (this.head) scroller.prepend(this.head);
    scroller.setAttribute("aria-rowcount", String(source.count() + (this.head ? 1 : 0)));
    this.body.style.height = source.count() * this.height + "px";
    scroller.scrollTop = 0;
    this.fill(true);
  }

  fill(anew) {
    const { scroller, source, height } = this;
    const first = Math.max(0, Math.floor(scroller.scrollTop / height) - 8);
    const last = Math.min(source.count(), Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + 8);
    if (!anew && first === this.first && last === this.last) return;
    this.first = first;
    this.last = last;
    const rows = [];
    for (let r = first; r < last; r++) {
      const row = source.row(r);
      row.style.top = r * height + "px";
      row.style.height = height + "px";
      row.setAttribute("role", "row");
      row.setAttribute("aria-rowindex", String(r + (this.head ? 2 : 1)));
      rows.push(row);
    }
    this.body.replaceChildren(...rows);
    this.highlight();
  }

  highlight() {
    const { scroller, active } = this, id = scroller.id + "-active", old = byId(id);
    if (old) {
      old.classList.remove("active");
      old.removeAttribute("id");
    }
    const found = active && scroller.querySelector('[data-r="' + active[0] + '"][data-c="' + active[1] + '"]');
    if (!found) {
      scroller.removeAttribute("aria-activedescendant");
      return null;
    }
    found.classList.add("active");
    found.id = id;
    scroller.setAttribute("aria-activedescendant", id);
    return found;
  }

  move(r, c) {
    const { source, scroller, height } = this;
    const row = Math.max(this.head ? -1 : 0, Math.min(source.count() - 1, r));
    this.active = [row, Math.max(row < 0 ? 0 : -1, Math.min(source.columns() - 1, c))];
    if (row >= 0) {
      const top = row * height, bottom = top + height + (this.head ? this.head.offsetHeight : 0);
      if (top < scroller.scrollTop) scroller.scrollTop = top;
      else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
    }
    this.fill(true);
    const found = this.highlight();
    if (!found || this.active[1] < 0) return;
    const left = found.offsetLeft - source.label, right = found.offsetLeft + found.offsetWidth;
    if (left < scroller.scrollLeft) scroller.scrollLeft = left;
    else if (right > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = right - scroller.clientWidth;
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const [r, c] = this.active || [0, -1];
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.height) - 2);
    const to = {
      ArrowDown: [r + 1, c], ArrowUp: [r - 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
      PageDown: [r + page, c], PageUp: [Math.max(0, r - page), c], Home: [0, c], End: [this.source.count() - 1, c],
    }[event.key];
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

function cell(index, r, c, worded, group) {
  const verdict = verdictOf[index];
  const sign = el("span", CLASSES[verdict], SYMBOLS[verdict]);
  if (worded) sign.append(el("span", "word", WORDS[verdict]));
  const node = at(el("div", "cell" + (shown[index] ? "" : " dim") + (group ? " group" : ""), sign), r, c, "gridcell");
  const said = clusterOf(index).name + ", " + controlOf(index).title + ": " + WORDS[verdict];
  node.setAttribute("aria-label", said);
  node.title = said + "\n" + reasonOf(index);
  return node;
}

function headRow(...said) {
  const corner = el("div", "corner", ...said.map((line) => el("span", "", line)));
  corner.setAttribute("role", "columnheader");
  const head = el("div", "head", corner);
  head.setAttribute("role", "row");
  return head;
}

function column(name, title, c) {
  const node = at(el("div", "column", text(name)), -1, c, "columnheader");
  node.title = title;
  return node;
}

const nameAndWhy = (cluster) => cluster.name + (cluster.unreachable ? "\nNot read: " + cluster.unreachable : "")
  + (cluster.unseen ? "\nNot in this run: " + cluster.unseen : "")
  + (cluster.saved ? "\nSaved answers of " + cluster.saved : "");
const measures = (values) => {
  for (const [name, value] of Object.entries(values)) byId("grid").style.setProperty("--" + name, value + "px");
};

// Many clusters: a row each, controls as columns by severity; on a narrow screen a row says how many instead.
const clusterRows = {
  prepare(width) {
    this.compact = width < 600;
    const columns = Math.max(1, view.controls.length);
    const each = Math.max(22, Math.min(44, Math.floor((width - Math.max(150, width * 0.17)) / columns)));
    this.label = Math.max(150, Math.min(Math.max(240, width * 0.3), width - each * columns - 6));
    const longest = view.controls.reduce((found, k) => Math.max(found, controls[k].id.length), 0);
    byId("grid").classList.add("upright");
    byId("grid").classList.toggle("compact", this.compact);
    measures({ label: this.label, cell: each, head: Math.max(110, Math.min(250, 40 + longest * 6.2)) });
    return this.compact ? 44 : 28;
  },
  count: () => view.clusters.length,
  columns() { return this.compact ? 0 : view.controls.length; },
  // Whether a group of columns of one severity begins.
  begins: (c) => c === 0 || controls[view.controls[c]].severity !== controls[view.controls[c - 1]].severity,
  head() {
    if (this.compact) return null;
    const head = headRow(plural(view.clusters.length, "cluster"), plural(view.controls.length, "control"));
    view.controls.forEach((k, c) => {
      const word = SEVERITIES[controls[k].severity];
      const node = column(controls[k].id, controls[k].title + " (" + word + " severity)", c);
      if (c && this.begins(c)) node.classList.add("group");
      // A group of one column has no room for its name.
      if (this.begins(c) && c + 1 < view.controls.length && !this.begins(c + 1)) node.prepend(el("span", "group-name", word));
      head.append(node);
    });
    return head;
  },
  row(r) {
    const cluster = clusters[view.clusters[r]];
    const label = at(el("div", "label", text(cluster.name, cluster.unreachable && "lost")), r, -1, "rowheader");
    label.title = nameAndWhy(cluster);
    if (cluster.unreachable) label.append(el("span", "count", "not read"));
    if (cluster.unseen) label.append(el("span", "badge", "not in this run"));
    if (cluster.saved) label.append(el("span", "badge", "saved"));
    if (this.compact) return el("div", "row", label, at(this.tallied(cluster), r, -1, "gridcell"));
    if (cluster.findings) label.append(el("span", "count", number(cluster.findings)));
    return el("div", "row", label, ...view.controls.map((k, c) =>
      cell(cluster.index * K + k, r, c, false, c > 0 && this.begins(c))));
  },
  tallied(cluster) {
    const node = el("span", "tally");
    tally(ofCluster(cluster.index).filter((index) => shown[index])).forEach((count, verdict) => {
      if (count && !inOrder(verdict)) node.append(mark(verdict), number(count));
    });
    if (!node.childNodes.length) node.append(mark(PASS));
    return node;
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
    const columns = Math.max(1, view.clusters.length), slim = width < 600;
    const [least, most, share] = slim ? [34, 44, 0.5] : [64, 240, 0.6];
    const each = Math.max(least, Math.min(most, Math.floor(width * share / columns)));
    this.label = Math.max(130, width - each * columns - 2);
    this.worded = each >= 120;
    byId("grid").classList.toggle("worded", this.worded);
    byId("grid").classList.toggle("flat", !slim);
    byId("grid").classList.toggle("slim", slim);
    measures({ label: this.label, cell: each, head: 130 });
    return slim ? 44 : 30;
  },
  count: () => view.controls.length,
  columns: () => view.clusters.length,
  head() {
    const head = headRow(plural(view.controls.length, "control"));
    view.clusters.forEach((c, position) => head.append(column(clusters[c].name, nameAndWhy(clusters[c]), position)));
    return head;
  },
  row(r) {
    const control = controls[view.controls[r]];
    const label = at(el("div", "label", text(control.title), severity(control)), r, -1, "rowheader");
    label.title = control.title + " (" + control.id + ")";
    return el("div", "row", label, ...view.clusters.map((c, position) =>
      cell(c * K + control.index, r, position, this.worded, false)));
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
    const index = view.findings[r], verdict = verdictOf[index], cluster = clusterOf(index), control = controlOf(index);
    const line = at(el("div", "finding", el("span", "verdict", mark(verdict), el("span", "word", WORDS[verdict])),
      severity(control), text(cluster.name, "cluster"), text(control.title, "control"), text(reasonOf(index), "reason")),
      r, -1, "gridcell");
    line.setAttribute("aria-label", [WORDS[verdict], cluster.name, control.title].join(", "));
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
  detail.replaceChildren(el("div", "bar-top", el("span", "kicker", kicker), ...buttons, close),
    el("div", "inside", heading, ...parts.filter(Boolean)));
  if (!detail.open) detail.showModal();
  detail.scrollTop = 0;
  close.focus();
}

const part = (title, ...children) => el("section", "", el("h3", "", title), ...children);
const tallies = (indices) => el("div", "tallies", ...tally(indices).flatMap((count, verdict) =>
  count ? [el("span", "", mark(verdict), number(count) + " " + WORDS[verdict].toLowerCase())] : []));
const about = (control) => part("About the control", pairs([["References", control.references.join(", ")],
  ["Reads", control.reads.join(", ")], ["Privilege", control.privilege], ["Severity", SEVERITIES[control.severity]],
  ["Id", control.id, "mono"]]));

function showResult(index) {
  const cluster = clusterOf(index), control = controlOf(index), verdict = verdictOf[index];
  const waiver = cluster.waivers[control.index], evidence = cluster.evidence[control.index];
  const place = view.findings.indexOf(index);
  const step = (by, word) => {
    const node = button("chip quiet", () => showResult(view.findings[place + by]), word);
    node.disabled = place < 0 || !(place + by in view.findings);
    return node;
  };
  const elsewhere = el("div", "links", button("chip quiet", () => showCluster(cluster.index), "All of this cluster"));
  if (C > 1) elsewhere.append(button("chip quiet", () => showControl(control.index), "This control everywhere"));
  show(text(cluster.name), control.title, [step(-1, "Previous"), step(1, "Next")], [
    el("div", "verdict", mark(verdict), WORDS[verdict], severity(control, " severity")),
    el("p", "reason", text(reasonOf(index))),
    waiver && el("section", "waiver", el("h3", "", verdict === WAIVED ? "Waived" : "Waiver that does not count"),
      pairs([["Reason", waiver.reason], ["Owner", waiver.owner], ["Until", waiver.expires]])),
    !inOrder(verdict) && control.remedy && part("Remedy", text(control.remedy)),
    evidence >= 0 && part("Evidence", el("pre", "", data.texts[evidence])),
    about(control),
    part("About the cluster", pairs([["Release", cluster.release], ["Read", time(cluster.read_at)],
      ["Saved on", cluster.saved], ["Not read", cluster.unreachable],
      ["Not in this run", cluster.unseen]])),
    elsewhere,
  ]);
}

function results(indices, name, most) {
  const sorted = [...indices].sort((one, other) => rankOf(one) - rankOf(other) || one - other);
  const rows = sorted.slice(0, most).map((index) => el("li", "", button("row-button", () => showResult(index),
    mark(verdictOf[index]), text(name(index)), el("span", "severity", WORDS[verdictOf[index]]))));
  if (sorted.length > most)
    rows.push(el("li", "kicker", "and " + number(sorted.length - most) + " more; the list shows them all."));
  return part("Results", el("ul", "rows", ...rows));
}

function showCluster(c) {
  const cluster = clusters[c], indices = ofCluster(c);
  show("Cluster", cluster.name, [], [
    cluster.unreachable && el("p", "reason", text("Could not be read: " + cluster.unreachable)),
    cluster.unseen && el("p", "", el("span", "badge", "Not in this run, " + cluster.unseen)),
    cluster.unseen && el("p", "", data.retiring),
    cluster.saved && el("p", "", el("span", "badge", "Saved answers of " + cluster.saved)),
    tallies(indices),
    pairs([["Release", cluster.release], ["Read", time(cluster.read_at)], ["AXL account", cluster.axl],
      ["CLI account", cluster.cli], ["Identity", cluster.identity, "mono"]]),
    history.length > 1 && part("Open and unknown over time", el("div", "trend",
      ...bars([[FAIL, cluster.open], [UNKNOWN, cluster.unknown]],
        "Open and unknown in " + plural(history.length, "report")))),
    results(indices, (index) => controlOf(index).title, 500),
  ]);
}

function showControl(k) {
  const control = controls[k], indices = ofControl(k);
  show("Control", control.title, [], [
    tallies(indices),
    control.remedy && part("Remedy", text(control.remedy)),
    about(control),
    results(indices, (index) => clusterOf(index).name, 300),
  ]);
}

detail.addEventListener("click", (event) => { if (event.target === detail) detail.close(); });

// --- paper ------------------------------------------------------------------------------------------

const PAPER_ROWS = 2000, PAPER_CLUSTERS = 100;

function table(className, heads, rows) {
  const tr = (tag, cells) => el("tr", "", ...cells.map(([content, cellClass]) => el(tag, cellClass || "", content)));
  return el("table", className, el("thead", "", tr("th", heads)),
    el("tbody", "", ...rows.map((cells) => tr("td", cells))));
}

// What the filter shows, since paper cannot be scrolled; what is in order is counted, not listed, when it is much.
function paper() {
  const trouble = (c) => clusters[c].unreachable || ofCluster(c).some((index) => !inOrder(verdictOf[index]));
  const listed = view.clusters.length > PAPER_CLUSTERS ? view.clusters.filter(trouble) : view.clusters;
  const fine = view.clusters.length - listed.length;
  const overview = listed.slice(0, PAPER_ROWS).map((c) => [
    [text(clusters[c].name)],
    [text((clusters[c].unreachable ? "not read: " + clusters[c].unreachable
      : clusters[c].release + (clusters[c].saved ? " (saved " + clusters[c].saved + ")" : ""))
      + (clusters[c].unseen ? " (" + clusters[c].unseen + ")" : ""))],
    ...tally(ofCluster(c)).map((count) => [count ? number(count) : "", "figure"]),
  ]);
  const told = filter.verdicts.size ? view.findings
    : view.findings.filter((index) => !inOrder(verdictOf[index]) && !clusterOf(index).unreachable);
  const rows = told.slice(0, PAPER_ROWS).map((index) => {
    const verdict = verdictOf[index], sign = el("span", "nobreak", mark(verdict), WORDS[verdict]);
    return [[sign], [SEVERITIES[controlOf(index).severity]], [text(clusterOf(index).name)],
      [text(controlOf(index).title)], [text(reasonOf(index))]];
  });
  const parts = [el("h2", "", "Clusters"),
    table("overview", [["Cluster"], ["Release"], ...WORDS.map((word) => [word, "figure"])], overview)];
  if (fine) parts.push(el("p", "", "and " + plural(fine, "cluster") + " with nothing to do."));
  if (rows.length) parts.push(el("h2", "", filter.verdicts.size ? "Results" : "Results that are not in order"),
    table("told", [["Verdict"], ["Severity"], ["Cluster"], ["Control"], ["Reason"]], rows));
  if (told.length > PAPER_ROWS)
    parts.push(el("p", "", "and " + number(told.length - PAPER_ROWS) + " more; filter the page to print them."));
  const places = new Map();
  for (const index of told)
    if (verdictOf[index] < WAIVED) places.set(controlOf(index), (places.get(controlOf(index)) || 0) + 1);
  const toDo = bySeverity.filter((control) => control.remedy && places.has(control));
  if (toDo.length) parts.push(el("h2", "", "What to do"),
    table("remedies", [["Severity"], ["Control"], ["Clusters", "figure"], ["Remedy"]], toDo.map((control) =>
      [[SEVERITIES[control.severity]], [text(control.title)], [number(places.get(control)), "figure"], [text(control.remedy)]])));
  byId("paper").replaceChildren(...parts);
}

// --- start ------------------------------------------------------------------------------------------

function chips() {
  const add = (group, value, className, ...children) => {
    const chip = button(className, () => {
      if (!filter[group].delete(value)) filter[group].add(value);
      apply();
    }, ...children);
    chip.dataset.value = value;
    byId(group).append(chip);
  };
  WORDS.forEach((word, verdict) => add("verdicts", verdict, all[verdict] ? "chip" : "chip none",
    mark(verdict), el("b", "", number(all[verdict])), el("span", "what", word.toLowerCase())));
  SEVERITIES.forEach((word, value) => add("severities", value, "chip", word));
  const choice = (value, name) => {
    const option = el("option", "", name);
    option.value = String(value);
    byId("cluster").append(option);
  };
  choice(-1, "all");
  for (const cluster of clusters) choice(cluster.index, cluster.name);
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

const on = (id, event, action) => byId(id).addEventListener(event, action);

byId("made").textContent = time(data.made.generated_at);
byId("headline").append(mark(openResults ? FAIL : lost.length || all[UNKNOWN] || !ALL ? UNKNOWN : PASS), text(data.headline));
byId("headline").classList.toggle("balanced", C !== 1);
byId("subline").append(...subline());
bar(byId("bar"));
byId("worst").append(...worstControls());
byId("trend").append(...trend());
byId("notes").hidden = !data.notes.length;
byId("notes-list").append(...data.notes.map((note) => el("li", "", text(note))));
byId("provenance").append(provenance());
document.title = "CUCM compliance: " + data.headline;
chips();
on("search", "input", search);
on("clear", "click", clear);
on("tools", "submit", (event) => event.preventDefault());
on("cluster", "change", (event) => { filter.cluster = Number(event.target.value); apply(); });
on("order", "change", (event) => { filter.order = event.target.value; apply(); });
for (const name of ["grid", "list"]) on("view-" + name, "click", () => { filter.view = name; draw(); });
addEventListener("keydown", (event) => {
  if (event.key === "/" && !detail.open && !document.activeElement?.matches("input, select")) {
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
addEventListener("beforeprint", paper);
matchMedia("print").addEventListener("change", (event) => { if (event.matches) paper(); });
byId("app").hidden = false;
apply();
})();
