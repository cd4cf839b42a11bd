// The data of the page, and its scripts and styles, which are most of its size, are gzip in base64.

async function unpacked(id) {
  const packed = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(packed.length);
  for (let place = 0; place < packed.length; place += 1) bytes[place] = packed.charCodeAt(place);
  const unzipped = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unzipped).json();
}

// The policy of the page has the hash of each script, so nothing else can run. Scripts run in this order.
unpacked("parts").then(({ styles, scripts }) => {
  for (const text of styles) document.head.prepend(Object.assign(document.createElement("style"), { textContent: text }));
  for (const text of scripts) {
    const script = Object.assign(document.createElement("script"), { type: "module", async: false, textContent: text });
    document.body.append(script);
  }
});
