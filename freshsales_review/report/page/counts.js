// The numbers at the top: each is one value of one query.

function showCounts(report) {
  const counts = report.counts.record(0);
  fill(
    "counts",
    tile("People", counts.people),
    tile("Active", counts.active),
    tile("Needing a decision", counts.needing_decision),
    tile("Left out of the list", counts.left_out),
    tile("Changed since the previous complete read", counts.changed),
  );
}

function tile(label, number) {
  return element("div", { class: "card tile" }, element("b", {}, count(number)), element("span", {}, label));
}
