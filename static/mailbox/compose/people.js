// People as the compose page keeps them: {name, address, position, agency, code, external}.
// Pure functions: what somebody types or pastes becomes people; people become a line of text.

const PLAIN_ADDRESS = /^[^\s@<>(),;:"[\]\\]+@[^\s@<>(),;:"[\]\\]+\.[^\s@<>(),;:"[\]\\]+$/u;

/** Whether the server is likely to accept this as an address; the server decides. */
export function looksLikeAddress(text) {
  return PLAIN_ADDRESS.test(text);
}

/** Cut "A <a@x>, "B, C" <b@x>; d@x" at commas, semicolons and line ends outside quotes and <>. */
export function cut(text) {
  const pieces = [];
  let piece = "";
  let quoted = false;
  let angled = false;
  for (const letter of text) {
    if (letter === '"') quoted = !quoted;
    else if (letter === "<") angled = true;
    else if (letter === ">") angled = false;
    const ends = (/[,;]/.test(letter) && !quoted && !angled) || /[\r\n]/.test(letter);
    if (ends) {
      pieces.push(piece);
      piece = "";
      quoted = angled = false;
    } else {
      piece += letter;
    }
  }
  pieces.push(piece);
  return pieces.map((one) => one.trim()).filter(Boolean);
}

/** One piece of an address line as a person; what cannot be read keeps its text as the address. */
export function personOf(piece) {
  const named = piece.match(/^(.*?)<\s*([^<>]+?)\s*>\s*$/u);
  if (named) {
    const name = named[1].trim().replace(/^"(.*)"$/u, "$1").replace(/\\(.)/gu, "$1");
    return { name, address: named[2] };
  }
  return { name: "", address: piece.replace(/^mailto:/iu, "") };
}

/** Every person named in a typed or pasted text. Words before a bare address count as its name. */
export function readPeople(text) {
  return cut(text).flatMap((piece) => {
    const addresses = piece.split(/\s+/u).filter(looksLikeAddress);
    if (!piece.includes("<") && addresses.length > 1) return addresses.map(personOf);
    return [personOf(piece)];
  });
}

/** What the draft keeps of a person. */
export function bare({ name, address }) {
  return { name: name || "", address };
}

export function sameAddress(one, other) {
  return one.address.toLowerCase() === other.address.toLowerCase();
}

/** The domain, shown beside somebody the directory does not know. */
export function domainOf(address) {
  return address.includes("@") ? address.slice(address.lastIndexOf("@") + 1) : "";
}
