/** The server answered that it can't do what it was asked. */
export class SftpStatus extends Error {
  override readonly name = "SftpStatus";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
