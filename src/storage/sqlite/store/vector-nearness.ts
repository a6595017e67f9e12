/** The cosine of the angle between two vectors, the second as it is stored; 0 for one of another length. */
export function nearness(wanted: Float32Array, stored: Uint8Array): number {
  // Copied: a view must begin at a multiple of four.
  const vector = new Float32Array(stored.slice().buffer);
  if (vector.length !== wanted.length) return 0;
  let [product, ofWanted, ofStored] = [0, 0, 0];
  for (let index = 0; index < vector.length; index += 1) {
    const [one, other] = [wanted[index] as number, vector[index] as number];
    product += one * other;
    ofWanted += one * one;
    ofStored += other * other;
  }
  return ofWanted === 0 || ofStored === 0 ? 0 : product / Math.sqrt(ofWanted * ofStored);
}
