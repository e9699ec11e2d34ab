/**
 * JSON without the comments that people write into it: from `//` to the end of the line, and between slashes with
 * asterisks. Texts stay as they are.
 */
export function withoutComments(json: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let at = 0; at < json.length;) {
    if (json[at] === '"') at = endOfText(json, at);
    else if (json.startsWith("//", at) || json.startsWith("/*", at)) {
      kept.push(json.slice(from, at));
      from = at = endOfComment(json, at);
    } else at++;
  }
  kept.push(json.slice(from));
  return kept.join(" ");
}

function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

function endOfComment(json: string, start: number): number {
  const [end, length] = json[start + 1] === "/" ? ["\n", 0] : ["*/", 2];
  const at = json.indexOf(end, start + 2);
  return at < 0 ? json.length : at + length;
}
