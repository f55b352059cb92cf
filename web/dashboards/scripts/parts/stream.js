// The server's stream of events. The browser reconnects by itself; where it gives up, this tries again every five seconds.

const AGAIN_MS = 5000;

export class Stream {
  #source = null;
  #timer = null;
  constructor(address, heard) {
    this.address = address;
    this.heard = heard;
  }
  open() {
    if (this.#source !== null) return;
    const source = new EventSource(this.address);
    this.#source = source;
    source.addEventListener("open", () => this.heard.state("open"));
    source.addEventListener("events", (message) => this.#give(message, (data) => this.heard.events(data.events)));
    source.addEventListener("numbers", (message) => this.#give(message, (data) => this.heard.numbers(data)));
    source.addEventListener("error", () => {
      this.heard.state("lost");
      if (source.readyState !== EventSource.CLOSED) return;
      this.close();
      this.#timer = setTimeout(() => this.open(), AGAIN_MS);
    });
  }
  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
  #give(message, take) {
    let data;
    try {
      data = JSON.parse(message.data);
    } catch {
      return;
    }
    take(data);
  }
}
