// The table of people, worst first.

function showPeople(report, filters, open) {
  const { people } = report;
  const text = (...columns) => (row) => columns.map((column) => people.value(column, row) ?? "").join(" ");
  const table = new DataTable("#people", {
    data: people.rows().map((row) => [row]),
    columns: [
      peopleColumn("Risk", text("risk_score"), (row) => riskScore(people, row), (row) => people.value("risk_score", row)),
      peopleColumn("Person", text("name", "email", "user_name", "crm_owner_id", "scim_user_id", "identity_key"),
        (row) => personButton(people, row, open), text("name", "email", "identity_key")),
      peopleColumn("Status", text("status"), (row) => statusMark(people.value("status", row))),
      peopleColumn("Why", text("reasons"), (row) => reasonsInWords(people.value("reasons", row))),
      peopleColumn("Department", text("department"), (row) => people.value("department", row) ?? ""),
      peopleColumn("Manager", (row) => managerName(people, row) ?? "", (row) => managerName(people, row) ?? ""),
    ],
    order: [[0, "desc"]],
    pageLength: 25,
    autoWidth: false,
    layout: { topStart: null, topEnd: null, bottomStart: "pageLength", bottomEnd: "paging" },
    language: { zeroRecords: "Nobody is left by these filters.", emptyTable: "The marts hold nobody yet." },
    drawCallback() {
      const shown = this.api().rows({ search: "applied" }).count();
      document.getElementById("shown").textContent = `${count(shown)} of ${plural(people.length, "person", "people")} shown`;
    },
  });
  table.search.fixed("filters", (_, [row]) => filters.holds(row));
  return table;
}

function peopleColumn(title, search, show, sort = search) {
  return {
    title,
    data: null,
    createdCell: (cell) => cell.setAttribute("data-label", title),
    render: (_, type, [row]) => {
      if (type === "display") return show(row);
      return type === "filter" ? search(row) : sort(row);
    },
  };
}

function riskScore(people, row) {
  const score = people.value("risk_score", row);
  return element("span", { class: `risk ${score > 0 ? "some" : "none"}` }, score ?? "unknown");
}

function personButton(people, row, open) {
  const email = people.value("email", row);
  return element("div", {},
    element("button", { type: "button", class: "link", click: () => open(row) }, personName(people, row)),
    email === null ? null : element("small", {}, email));
}

function personName(people, row) {
  return people.value("name", row) ?? people.value("identity_key", row);
}

function statusMark(status) {
  return element("span", { class: `status ${status.replaceAll("_", "-")}` }, status.replaceAll("_", " "));
}

// Pages without names still tell managers apart.
function managerName(people, row) {
  return people.value("manager", row) ?? people.value("manager_identity_key", row);
}

function reasonsInWords(reasons) {
  if (reasons === null) return "";
  return element("ul", { class: "reasons" }, ...reasons.split("; ").map((reason) => element("li", {}, reason)));
}
