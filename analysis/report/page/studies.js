// What the program wrote into the page: one study, or several of which one is
// shown at a time. Everything behind this file is run anew for each of them.
const root = JSON.parse(document.getElementById("data").textContent);
const studies = [root, ...(root.others ?? [])];

/** What outlives a change of the study. */
const remembered = { theme: "auto", view: "" };

/** A frame of a notebook (srcdoc) has no address of its own. */
const framed = location.protocol === "about:";

/** The view as #name=text&..., from the address where there is one. */
function viewInAddress() {
  return new URLSearchParams((framed ? remembered.view : location.hash).slice(1));
}

function setAddress(view) {
  remembered.view = `#${view}`;
  if (!framed && location.hash !== remembered.view) {
    history.replaceState(null, "", remembered.view);
  }
}

const parts = ["header.top", "main", "footer"];
const pristine = parts.map((part) =>
  document.querySelector(part).cloneNode(true));

/** Ends the listeners of the study that is shown. */
let life = null;

/** The position of the study that the address names, else 0. */
function studyInAddress() {
  const name = viewInAddress().get("study");
  return Math.max(0, studies.findIndex((s) => s.name === name));
}

/** Shows a study on a page as it was before any was shown. */
function openStudy(position, show) {
  if (life) {
    life.abort();
    parts.forEach((part, i) =>
      document.querySelector(part).replaceWith(pristine[i].cloneNode(true)));
    delete document.body.dataset.ready;
  }
  life = new AbortController();
  show(studies[position], position, life.signal);
}
