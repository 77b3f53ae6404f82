// What the reader wants fixed, forbidden or preferred, and the command that
// goes on with it.

const kinds = ["fix", "forbid", "prefer"];
const words = { fix: "Fix", forbid: "Forbid", prefer: "Prefer" };

/** From a part ("3=none", or "none" at any place) to "fix", "forbid" or
    "prefer". */
const wishes = new Map();

function partText(place, name) {
  return place === 0 ? name : `${place}=${name}`;
}

function readWishes() {
  const asked = viewInAddress();
  const given = kinds.some((kind) => asked.has(kind))
    ? kinds.flatMap((kind) => asked.getAll(kind).map((part) => [kind, part]))
    : data.wishes;
  const known = new Set(data.places.flatMap(({ place, options }) =>
    options.map(({ name }) => partText(place, name))));
  for (const [, part] of data.wishes) known.add(part);
  for (const [kind, part] of given) if (known.has(part)) wishes.set(part, kind);
}

function writeView() {
  const view = new URLSearchParams();
  if (studies.length > 1) view.set("study", data.name);
  if (state.objective > 0) view.set("objective", objectives[state.objective].name);
  for (const [part, kind] of wishes) view.append(kind, part);
  setAddress(view);
}

/** Whether an architecture has a part. */
function hasPart(row, part) {
  const found = /^(\d+)=(.*)$/s.exec(part);
  const parts = partsOf(row);
  const placed = found && data.places.some((p) => p.place === Number(found[1]));
  return placed ? parts[Number(found[1]) - 1] === found[2] : parts.includes(part);
}

/** Whether it has what is fixed and nothing that is forbidden. */
function isWished(row) {
  for (const [part, kind] of wishes) {
    if (kind === "fix" && !hasPart(row, part)) return false;
    if (kind === "forbid" && hasPart(row, part)) return false;
  }
  return true;
}

/** A second press takes a wish back; a place has one fixed option. */
function toggleWish(place, name, kind) {
  const part = partText(place, name);
  if (wishes.get(part) === kind) {
    wishes.delete(part);
  } else {
    wishes.set(part, kind);
    for (const [other, own] of [...wishes]) {
      const same = place > 0 && other.startsWith(`${place}=`) && other !== part;
      if (kind === "fix" && own === "fix" && same) wishes.delete(other);
    }
  }
  wishesSeen();
}

function shellWord(text) {
  return /^[\w\-./,:=+@%]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Words of the command, an option with its value together. */
function commandParts() {
  const parts = [];
  for (const word of data.command) {
    const last = parts[parts.length - 1];
    const value = parts.length > 0 && last.startsWith("--") && !last.includes(" ") &&
      !last.includes("=") && !word.startsWith("--");
    if (value) parts[parts.length - 1] += ` ${word}`;
    else if (parts.length === 1 && word === "search") parts[0] += " search";
    else parts.push(word);
  }
  for (const kind of kinds) {
    for (const [part, own] of wishes) {
      if (own === kind) parts.push(`--${kind} ${shellWord(part)}`);
    }
  }
  const start = startRow();
  if (start !== null) parts.push(`--start ${shellWord(archs[start])}`);
  return parts;
}

/** The best architecture that is as it is wished, to begin with; null: none. */
function startRow() {
  if (!data.takes_start || wishes.size === 0) return null;
  return bestOf(objectives[0], allRows.filter(isWished));
}

function commandText() {
  let lines = "";
  let length = 0;
  for (const part of commandParts()) {
    if (lines === "") {
      lines = part;
      length = part.length;
    } else if (length + 1 + part.length > 98) {
      lines += ` \\\n    ${part}`;
      length = 4 + part.length;
    } else {
      lines += ` ${part}`;
      length += 1 + part.length;
    }
  }
  return lines;
}

function drawNext() {
  const rows = allRows.filter(isWished);
  const column = objectives[state.objective];
  const best = bestOf(column, rows);
  byId("next-lead").textContent = wishes.size === 0
    ? "Choose in the table above what is to be fixed, forbidden or preferred. The command follows your choice."
    : `${[...wishes].map(([part, kind]) => `${words[kind]} ${part}`).join("; ")}.`;
  byId("next-readout").textContent = wishes.size === 0 ? ""
    : `${whole(rows.length)} of ${whole(archs.length)} evaluated architectures meet this${best === null ? "." : `; the best of them has ${column.name} ${short(column.values[best])}.`}`;
  byId("command").textContent = commandText();
  const kept = data.command.includes("--store")
    ? "Scores that are in the store are not computed again." : "";
  const start = startRow() !== null
    ? " The search begins with the best architecture that meets this." : "";
  const folders = data.shortened
    ? " The command names files without their folders: add the folders where yours lie elsewhere." : "";
  byId("next-read").textContent = `${kept}${start}${folders}`.trim();
  byId("wish-state").textContent =
    wishes.size === 0 ? "" : `${wishes.size} ${wishes.size === 1 ? "wish" : "wishes"}`;
  byId("wish-state").classList.toggle("active", wishes.size > 0);
  byId("clear").hidden = wishes.size === 0;
}

async function copyCommand() {
  try {
    await navigator.clipboard.writeText(commandText());
    byId("copied").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(byId("command"));
    byId("copied").textContent = "Selected: copy it with the keyboard";
  }
}
