// The changes between two complete reads: events that were seen after the first one and up to the second one.

function showChanges(report, open) {
  const { events, people } = report;
  const table = new DataTable("#events", {
    data: events.rows().map((row) => [row]),
    columns: [
      eventColumn("Seen", (row) => moment(events.value("first_seen_at", row))),
      eventColumn(
        "Person",
        (row) => events.value("name", row) ?? events.value("identity_key", row),
        (row) =>
          element(
            "button",
            {
              type: "button",
              class: "link",
              click: () => open(people.byPerson().get(events.person(row))[0]),
            },
            events.value("name", row) ?? events.value("identity_key", row),
          ),
      ),
      eventColumn("What", (row) => events.value("event_type", row).replaceAll("_", " ")),
      eventColumn("From", (row) => events.value("old_value", row) ?? ""),
      eventColumn("To", (row) => events.value("new_value", row) ?? ""),
    ],
    order: [], // as the query gives them: latest first
    pageLength: 10,
    autoWidth: false,
    layout: { topStart: null, topEnd: null, bottomStart: "pageLength", bottomEnd: "paging" },
    language: {
      zeroRecords: "Nothing changed between these reads.",
      emptyTable: "Nothing changed between the complete reads.",
    },
    drawCallback() {
      const shown = this.api().rows({ search: "applied" }).count();
      document.getElementById("changed").textContent = plural(shown, "change", "changes");
    },
  });
  namePages(table, "Pages of changes");
  const form = readChoices(report, () => table.draw());
  table.search.fixed("reads", (_, [row]) => form.holds(row));
  table.draw();
}

function eventColumn(title, words, show = words) {
  return {
    title,
    type: "string",
    searchable: false,
    data: null,
    createdCell: (cell) => cell.setAttribute("data-label", title),
    render: (_, type, [row]) => (type === "display" ? asNode(show(row)) : words(row)),
  };
}

function readChoices(report, changed) {
  const { events, reads } = report;
  const known = reads.rows().map((row) => reads.record(row));
  const accounts = [...new Set(known.map((read) => read.account))];
  const choice = (label, id, options, chosen) => {
    const select = element(
      "select",
      { id, change: changed },
      ...options.map(([value, text]) =>
        element("option", { value, selected: value === chosen ? "" : null }, text),
      ),
    );
    return [select, labelled(label, select)];
  };
  const options = known.map((read) => [
    read.sync_id,
    exactMoment(read.finished_at) + (accounts.length > 1 ? ` ${read.account}` : ""),
  ]);
  const [from, fromLabel] = choice(
    "Since",
    "read-from",
    [["", "the beginning"], ...options],
    options.at(-2)?.[0] ?? "",
  );
  const [to, toLabel] = choice("Up to", "read-to", options, options.at(-1)?.[0]);
  const [account, accountLabel] = choice(
    "Account",
    "read-account",
    [["", "Any"], ...accounts.map((name) => [name, name])],
    "",
  );
  const types = [...new Set(events.rows().map((row) => events.value("event_type", row)))].sort();
  const [type, typeLabel] = choice(
    "What",
    "event-type",
    [["", "Any"], ...types.map((name) => [name, name.replaceAll("_", " ")])],
    "",
  );
  fill("reads", fromLabel, toLabel, typeLabel, accounts.length > 1 ? accountLabel : null);
  return {
    holds: (row) => {
      const seen = events.value("seen_sync_id", row);
      return (
        seen > from.value &&
        seen <= to.value &&
        (type.value === "" || events.value("event_type", row) === type.value) &&
        (account.value === "" || events.value("account", row) === account.value)
      );
    },
  };
}
