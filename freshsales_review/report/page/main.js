const report = await readReport();
showEvidence(report);
showCounts(report);

let people = null;
const filters = new Filters(report, () => people.draw());
filters.preset("list", "to_decide");
showLeftOut(report, filters);
const open = personPanel(report);
people = showPeople(report, filters, open);
showProviders(report, open);
showCampaigns(report, open);
showChanges(report, open);

const shownRows = () =>
  people
    .rows({ search: "applied", order: "applied" })
    .data()
    .toArray()
    .map(([row]) => row);
const dayWritten = ({ written_at: at }) => (at === null ? "" : `-${at.slice(0, 10)}`);
document.getElementById("clear").addEventListener("click", () => filters.clear());
document.getElementById("print").addEventListener("click", () => window.print());
for (const [id, name, csvOf] of [
  ["export", "access-review", csvOfPeople],
  ["export-grants", "access-review-grants", csvOfGrants],
]) {
  document
    .getElementById(id)
    .addEventListener("click", () =>
      download(`${name}${dayWritten(report)}.csv`, csvOf(report, shownRows())),
    );
}
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, select, textarea, dialog")) {
    event.preventDefault();
    filters.input.focus();
  }
});
// Paper has no next page of a table.
const lengths = new Map();
window.addEventListener("beforeprint", () => {
  for (const table of DataTable.tables().map((node) => new DataTable.Api(node))) {
    lengths.set(table, table.page.len());
    table.page.len(-1).draw(false);
  }
  for (const closed of document.querySelectorAll("#evidence details:not([open])")) closed.open = true;
});
window.addEventListener("afterprint", () => {
  for (const [table, length] of lengths) table.page.len(length).draw(false);
  lengths.clear();
});

await showCharts(report, (name, key) => {
  filters.pick(name, key);
  document.getElementById("review").scrollIntoView();
});
document.documentElement.dataset.ready = "";
