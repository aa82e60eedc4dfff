// Lines of plain text as the blocks an editor works with.

export function blocksOf(text) {
  const holder = document.createElement("div");
  for (const line of text.split("\n")) {
    const block = document.createElement("div");
    block.append(line || document.createElement("br"));
    holder.append(block);
  }
  return holder.innerHTML;
}
