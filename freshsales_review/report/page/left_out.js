// How many people have a score and are not on the list, why, and a button that shows them.

function showLeftOut(report, filters) {
  const { people } = report;
  const { to_decide: listed, left_out: leftOut } = Object.fromEntries(filters.choices.list);
  const why = report.flags
    .map((flag) => [
      flag.label,
      [...leftOut].filter((row) => people.value(flag.column, row) === true).length,
    ])
    .filter(([, number]) => number > 0)
    .map(([label, number]) => `${label} (${count(number)})`);
  const show = (words, name) =>
    element("button", { type: "button", class: "link", click: () => filters.set("list", name) }, words);
  fill(
    "left-out",
    `${plural(listed.size, "person needs", "people need")} a decision. `,
    ...(leftOut.size === 0
      ? []
      : [
          `${count(leftOut.size)} more ${leftOut.size === 1 ? "is" : "are"} left out, because all that is found says ` +
            `how well the directory is kept: ${why.join(", ")}. `,
          show("Show who is left out", "left_out"),
          " ",
        ]),
    show("Show everybody", undefined),
  );
}
