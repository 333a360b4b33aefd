/** A size in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export const fontFamily = "Inter, 'Helvetica Neue', Arial, sans-serif";

export const ink = '#1f2933';
export const grey = '#66727f';
export const faint = '#dfe3e8';
/** Blue and vermilion of Okabe and Ito's palette: told apart with every kind of colour vision. */
export const blue = '#0072b2';
export const vermilion = '#d55e00';

/** How a line of text looks; its anchor is the point at x. */
export interface TextStyle {
  readonly size: number;
  readonly weight?: number;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** One line of text with its baseline at y. */
export function text(
  x: number,
  y: number,
  content: string,
  { size, weight = 400, fill = ink, anchor = 'start' }: TextStyle,
): string {
  return (
    `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">` +
    `${escapeXml(content)}</text>`
  );
}

/** Text as XML content or attribute value. */
export function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The colour t of the way from one `#rrggbb` to another. */
export function mix(from: string, to: string, t: number): string {
  const channel = (colour: string, i: number): number => Number.parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map(i => Math.round(channel(from, i) + t * (channel(to, i) - channel(from, i))));
  return `#${mixed.map(c => c.toString(16).padStart(2, '0')).join('')}`;
}
