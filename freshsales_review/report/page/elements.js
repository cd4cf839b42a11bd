// Everything is put into the page as text, never as HTML: a name cannot become an element.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function labelled(label, control) {
  return element("div", { class: "field" }, element("label", { for: control.id }, label), control);
}

// DataTables would take a string for HTML.
function asNode(shown) {
  return typeof shown === "string" ? document.createTextNode(shown) : shown;
}

function fill(id, ...children) {
  document.getElementById(id).replaceChildren(...children.filter((child) => child !== null));
}

function plainTable(headings, rows, attributes = {}) {
  const head = element("tr", {}, ...headings.map((heading) => element("th", { scope: "col" }, heading)));
  const body = rows.map((cells) =>
    element("tr", {}, ...cells.map((cell, place) => element("td", { "data-label": headings[place] }, cell))),
  );
  return element("table", attributes, element("thead", {}, head), element("tbody", {}, ...body));
}

// Made once, because making them is slow.
const numbers = new Intl.NumberFormat("en");
const alphabet = new Intl.Collator("en", { numeric: true });

// DataTables gives all of them the same label, "pagination".
function namePages(table, name) {
  table.table().container().querySelector("nav").setAttribute("aria-label", name);
}

function count(value) {
  return value === null ? "unknown" : numbers.format(value);
}

function moment(value) {
  return value === null ? "unknown" : `${value.slice(0, 16).replace("T", " ")} UTC`;
}

function exactMoment(value) {
  return value === null ? "unknown" : `${value.slice(0, 19).replace("T", " ")} UTC`;
}

function plural(number, one, many) {
  return `${count(number)} ${number === 1 ? one : many}`;
}
