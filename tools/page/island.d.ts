// What page.js reads from the island of JSON, as `encoded` in plugins/module_utils/_report/page.py writes it,
// and what it adds. Only for the type check: nothing of this file is in the page.

interface Island {
  headline: string;
  comparison: string;
  notes: string[];
  /** Key, word and symbol of each verdict, gravest first. A verdict is a place in this list. */
  verdicts: [key: string, word: string, symbol: string][];
  severities: string[];
  made: Record<"schema" | "generated_at" | "collection_version" | "ansible_version" | "digest", string>;
  controls: Control[];
  clusters: Cluster[];
  retiring: string;
  /** Indices of clusters, the worst first. */
  worst: number[];
  history: { at: string; counts: number[] }[];
  texts: string[];
}

interface Control {
  id: string;
  title: string;
  privilege: string;
  remedy: string;
  references: string[];
  reads: string[];
  severity: number;
  /** Added by the script: its place, and on how many clusters it is not met. */
  index: number;
  open: number;
}

interface Cluster {
  name: string;
  release: string;
  identity: string;
  read_at: string;
  unreachable: string;
  saved: string;
  unseen: string;
  axl: string;
  cli: string;
  /** One digit for each control. */
  verdicts: string;
  /** Numbers of texts; -1 is none. */
  reasons: number[];
  evidence: number[];
  waivers: Record<number, Record<"reason" | "owner" | "expires", string>>;
  open: number[];
  unknown: number[];
  /** Added by the script: its place, how many findings it has, and how many of them are of high severity. */
  index: number;
  findings: number;
  high: number;
}

interface Filter {
  verdicts: Set<number>;
  severities: Set<number>;
  /** An index, -1 for all. */
  cluster: number;
  words: string[];
  order: string;
  view: string;
}

/** What the filter lets through: indices of clusters, of controls and of results. */
interface View {
  clusters: number[];
  controls: number[];
  findings: number[];
}

interface Lowered {
  clusters: string[];
  controls: string[];
  texts: string[];
}

/** The elements of page.html that are more than an HTMLElement. */
interface Special {
  search: HTMLInputElement;
  cluster: HTMLSelectElement;
  order: HTMLSelectElement;
  detail: HTMLDialogElement;
}

/** Every id that the script asks for is in page.html; tests/unit/report/test_page.py holds both together. */
type ById = <Id extends string>(id: Id) => Id extends keyof Special ? Special[Id] : HTMLElement;

type Child = Node | string;
type El = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag, className?: string, ...children: Child[]) => HTMLElementTagNameMap[Tag];
