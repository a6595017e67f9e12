/** Told of the bytes of a body as they come. */
type Take = (bytes: Buffer, from: number, to: number, at: number) => void;

const LF = 0x0a;
const CRLF_BYTES = 2;

/**
 * Takes HTTP's chunked encoding apart (RFC 9112, 7.1) without copying. Its end is not looked for: these streams have
 * none.
 */
export class ChunkedBody {
  /** Bytes of the chunk that are still to come. */
  private left = 0;
  /** Bytes of the line end behind a chunk that are still to come. */
  private lineEnd = 0;
  private size = '';

  constructor(private readonly content: Take) {}

  take(bytes: Buffer, from: number, to: number, at: number): void {
    let position = from;
    while (position < to) {
      if (this.left > 0) {
        const end = Math.min(position + this.left, to);
        this.left -= end - position;
        this.content(bytes, position, end, at);
        if (this.left === 0) this.lineEnd = CRLF_BYTES;
        position = end;
      } else if (this.lineEnd > 0) {
        this.lineEnd -= 1;
        position += 1;
      } else {
        const end = bytes.indexOf(LF, position);
        const isWhole = end !== -1 && end < to;
        this.size += bytes.toString('latin1', position, isWhole ? end : to);
        if (!isWhole) return;
        this.left = Number.parseInt(this.size, 16);
        this.size = '';
        position = end + 1;
      }
    }
  }
}
