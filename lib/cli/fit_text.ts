/** How many columns of a terminal a text takes. */
export type Measure = (text: string) => number;

/** What a person takes for one character; they must not be cut apart. */
const SEGMENTER = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Which end of a text is left out when it is too long. */
export type Cut = "start" | "end";

/**
 * The text in exactly so many columns: filled up with spaces, or with a mark
 * where it was cut.
 *
 * @param mark stands for what is left out; one column wide
 */
export function fitText(
  text: string,
  columns: number,
  width: Measure,
  cut: Cut,
  mark: string,
): string {
  if (columns <= 0) return "";
  const missing = columns - width(text);
  if (missing >= 0) return text + " ".repeat(missing);
  const characters = [...SEGMENTER.segment(text)].map(({ segment }) => segment);
  if (cut === "start") characters.reverse();
  const kept: string[] = [];
  let taken = 1;
  for (const character of characters) {
    const more = width(character);
    if (taken + more > columns) break;
    taken += more;
    kept.push(character);
  }
  const filler = " ".repeat(columns - taken);
  return cut === "start"
    ? mark + kept.reverse().join("") + filler
    : kept.join("") + mark + filler;
}
