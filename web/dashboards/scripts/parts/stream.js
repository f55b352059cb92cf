// The server's stream of events. It comes in short answers and the browser asks for the next by itself: only a silence of
// some seconds is a lost connection. Where the browser gives up, this tries again.

const AGAIN_MS = 3000;
const SILENCE_MS = 5000;

export class Stream {
  #source = null;
  #again = null;
  #silence = null;
  constructor(address, heard) {
    this.address = address;
    this.heard = heard;
  }
  open() {
    if (this.#source !== null) return;
    const source = new EventSource(this.address);
    this.#source = source;
    source.addEventListener("open", () => this.#heardOf());
    this.#silence ??= setTimeout(() => this.heard.state("lost"), SILENCE_MS);
    source.addEventListener("events", (message) => this.#give(message, (data) => this.heard.events(data.events)));
    source.addEventListener("numbers", (message) => this.#give(message, (data) => this.heard.numbers(data)));
    source.addEventListener("ping", () => {
      this.#heardOf();
      this.heard.alive();
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      this.#source = null;
      this.#again = setTimeout(() => this.open(), AGAIN_MS);
    });
  }
  close() {
    clearTimeout(this.#again);
    clearTimeout(this.#silence);
    this.#silence = null;
    this.#source?.close();
    this.#source = null;
  }
  #heardOf() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.heard.state("lost"), SILENCE_MS);
    this.heard.state("open");
  }
  #give(message, take) {
    this.#heardOf();
    let data;
    try {
      data = JSON.parse(message.data);
    } catch {
      return;
    }
    take(data);
  }
}
