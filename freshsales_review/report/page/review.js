// The table of people, the highest risk first.

function showPeople(report, filters, open) {
  const { people } = report;
  const value = (column) => (row) => people.value(column, row) ?? "";
  const table = new DataTable("#people", {
    data: people.rows().map((row) => [row]),
    columns: [
      peopleColumn("Risk", value("risk_score"), (row) => riskScore(people, row), { type: "num" }),
      peopleColumn(
        "Person",
        (row) => personName(people, row),
        (row) => personButton(people, row, open),
      ),
      peopleColumn("Status", value("status"), (row) => statusMark(people.value("status", row))),
      peopleColumn("Why", value("reasons"), (row) => reasonsInWords(people.value("reasons", row))),
      peopleColumn("Department", value("department"), value("department")),
      peopleColumn(
        "Manager",
        (row) => managerName(people, row) ?? "",
        (row) => managerName(people, row) ?? "",
      ),
    ],
    order: [], // as the query gives them: worst first
    pageLength: matchMedia("(width < 48rem)").matches ? 10 : 25,
    autoWidth: false,
    layout: { topStart: null, topEnd: null, bottomStart: "pageLength", bottomEnd: "paging" },
    language: { zeroRecords: "Nobody is left by these filters.", emptyTable: "The marts hold nobody yet." },
    drawCallback() {
      const shown = this.api().rows({ search: "applied" }).count();
      document.getElementById("shown").textContent =
        `${count(shown)} of ${plural(people.length, "person", "people")} shown${filters.inWords()}`;
    },
  });
  namePages(table, "Pages of people");
  table.on("click", "tbody tr", (event) => {
    const [row] = table.row(event.currentTarget).data() ?? [];
    if (row !== undefined && !event.target.closest("button")) open(row);
  });
  table.search.fixed("filters", (_, [row]) => filters.holds(row));
  table.draw(); // by the filters that are set from the start
  return table;
}

function peopleColumn(title, sort, show, { type = "string" } = {}) {
  return {
    title,
    type,
    data: null,
    searchable: false,
    createdCell: (cell) => cell.setAttribute("data-label", title),
    render: (_, wanted, [row]) => (wanted === "display" ? asNode(show(row)) : sort(row)),
  };
}

function riskScore(people, row) {
  const score = people.value("risk_score", row);
  return element("span", { class: `risk ${score > 0 ? "some" : "none"}` }, score ?? "unknown");
}

function personButton(people, row, open) {
  const email = people.value("email", row);
  return element(
    "div",
    {},
    element("button", { type: "button", class: "link", click: () => open(row) }, personName(people, row)),
    email === null ? null : element("small", {}, email),
  );
}

function personName(people, row) {
  return people.value("name", row) ?? people.value("identity_key", row);
}

function statusMark(status) {
  const words = status.replaceAll("_", " ").replace("crm", "CRM");
  return element("span", { class: `status ${status.replaceAll("_", "-")}` }, words);
}

// On pages without names, managers still differ.
function managerName(people, row) {
  return people.value("manager", row) ?? people.value("manager_identity_key", row);
}

function reasonsInWords(reasons) {
  if (reasons === null) return "";
  return element(
    "ul",
    { class: "reasons" },
    ...reasons.split("\n").map((reason) => element("li", {}, reason)),
  );
}
