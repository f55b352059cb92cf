<?php
/**
 * Sends events to clickd over its acknowledged stream socket. No dependencies; PHP 8.1 or later.
 *
 *     require 'clickd_sender.php';
 *     $sender = new ClickdSender();
 *     $sender->send(['event' => 'Product Viewed', 'anonymousId' => 'v-1', 'properties' => ['sku' => 'A1']]);
 *     $unsettled = $sender->close();   // 0: everything is stored, or was refused and reported
 *
 * An event stays in memory until clickd settled it. After a disconnect all unsettled events are sent
 * again, in order; the messageId that each got once makes that safe. In a web page, close() belongs
 * after fastcgi_finish_request(), so that no visitor waits for it.
 */

declare(strict_types=1);

final class ClickdSender
{
    public int $stored = 0;
    public int $refused = 0;
    /** @var list<array{?array, string}> event and line; the event is null once it was refused */
    private array $unsettled = [];
    /** @var resource|null */
    private $socket = null;
    private string $out = '';
    private string $answers = '';
    private int $settled = 0;
    private float $retryAt = 0;
    private float $backoff = 0.05;
    private string $path;
    private Closure $onRefused;

    /** `$onRefused(array $event, string $code, string $text)` is told of every event that is refused. */
    public function __construct(?string $path = null, private int $maxUnsettled = 1000, ?Closure $onRefused = null)
    {
        $this->path = $path ?? (getenv('CLICKD_SOCKET') ?: '/run/clickd/clickd.sock');
        $this->onRefused = $onRefused ?? fn (array $event, string $code, string $text)
            => error_log("clickd refused {$event['messageId']}: $code $text");
    }

    /**
     * Takes one event and returns its messageId, made once. Blocks up to `$timeout` seconds while too
     * many events are unsettled, then throws: the event was not taken.
     */
    public function send(array $event, float $timeout = 30): string
    {
        $event['messageId'] ??= bin2hex(random_bytes(16));
        $event['timestamp'] ??= (new DateTimeImmutable('now', new DateTimeZone('UTC')))->format('Y-m-d\TH:i:s.v\Z');
        foreach (['properties', 'context', 'traits'] as $key) {   // an empty PHP array would become [], not {}
            if (($event[$key] ?? null) === []) {
                $event[$key] = new stdClass();
            }
        }
        $line = json_encode($event, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION) . "\n";
        if (!$this->turnUntil(fn () => count($this->unsettled) < $this->maxUnsettled, $timeout)) {
            throw new RuntimeException(count($this->unsettled) . ' events are unsettled; this one was not taken');
        }
        $this->unsettled[] = [$event, $line];
        if ($this->socket) {
            $this->out .= $line;
        }
        $this->turn(0);
        return $event['messageId'];
    }

    /** Waits until everything is settled; returns how many events are not. */
    public function flush(float $timeout = 10): int
    {
        $this->turnUntil(fn () => $this->unsettled === [], $timeout);
        return count($this->unsettled());
    }

    /** flush(), then hangs up. */
    public function close(float $timeout = 10): int
    {
        $left = $this->flush($timeout);
        if ($this->socket) {
            fclose($this->socket);
            $this->socket = null;
        }
        return $left;
    }

    /** @return list<array> the events that are not settled yet */
    public function unsettled(): array
    {
        return array_values(array_filter(array_column($this->unsettled, 0)));
    }

    private function turnUntil(Closure $done, float $timeout): bool
    {
        $deadline = microtime(true) + $timeout;
        while (!$done()) {
            $left = $deadline - microtime(true);
            if ($left <= 0) {
                return false;
            }
            $this->turn($left);
        }
        return true;
    }

    /** Connects if need be, reads what came, writes what goes; waits at most `$wait` seconds for it. */
    private function turn(float $wait): void
    {
        if (!$this->socket) {
            $pause = $this->retryAt - microtime(true);
            if ($pause > 0) {
                usleep((int) (min($pause, $wait) * 1e6));
                return;
            }
            if (!$this->connect()) {
                return;
            }
        }
        $readable = [$this->socket];
        $writable = $this->out === '' ? [] : [$this->socket];
        $none = null;
        if (!@stream_select($readable, $writable, $none, (int) $wait, (int) (fmod($wait, 1) * 1e6))) {
            return;
        }
        if ($readable && !$this->read()) {
            $this->hangUp();
        } elseif ($writable) {
            $written = @fwrite($this->socket, substr($this->out, 0, 65536));
            if ($written === false) {
                $this->hangUp();
            } else {
                $this->out = substr($this->out, $written);
            }
        }
    }

    private function connect(): bool
    {
        $socket = @stream_socket_client("unix://$this->path", $code, $text, 2);
        if (!$socket) {
            $this->backOff();
            return false;
        }
        stream_set_blocking($socket, false);
        stream_set_read_buffer($socket, 0);   // so that stream_select() sees all that is unread
        // Lines are counted anew on every connection, so what was settled before is 0 again.
        [$this->socket, $this->answers, $this->settled] = [$socket, '', 0];
        $this->out = "CLICKD/1 ACK\n" . implode('', array_column($this->unsettled, 1));
        return true;
    }

    /** Answers may still wait behind a failed write, and they settle events: reads them first. */
    private function hangUp(): void
    {
        while ($this->read()) {
        }
        fclose($this->socket);
        $this->socket = null;
        $this->unsettled = array_values(array_filter($this->unsettled, fn (array $pair) => $pair[0] !== null));
        $this->backOff();
    }

    private function backOff(): void
    {
        $this->retryAt = microtime(true) + $this->backoff;
        $this->backoff = min($this->backoff * 2, 5.0);
    }

    /** One read of answers; it may end in the middle of a line. False: nothing was there, or the end. */
    private function read(): bool
    {
        $data = (string) @fread($this->socket, 65536);
        $lines = explode("\n", $this->answers . $data);
        $this->answers = array_pop($lines);
        array_map($this->take(...), $lines);
        return $data !== '';
    }

    private function take(string $answer): void
    {
        [$word, $number, $code, $text] = explode(' ', $answer, 4) + ['', '', '', ''];
        if ($word === 'OK') {
            foreach (array_splice($this->unsettled, 0, (int) $number - $this->settled) as [$event]) {
                $this->stored += $event === null ? 0 : 1;
            }
            [$this->settled, $this->backoff] = [(int) $number, 0.05];
        } elseif ($word === 'NO') {
            $index = (int) $number - $this->settled - 1;
            $event = $this->unsettled[$index][0];
            $this->unsettled[$index][0] = null;   // keeps its place in the count until the OK
            $this->refused++;
            ($this->onRefused)($event, $code, $text);
        } elseif (str_starts_with($answer, 'CLICKD/1 ERR')) {
            throw new RuntimeException("clickd does not speak this protocol: $answer");
        }
    }
}

/** The five activities of a visit to a shop, as JSON lines. */
function demonstration(): iterable
{
    $item = ['product_id' => 'P-1', 'name' => 'Espresso cup', 'price' => 12.5, 'currency' => 'EUR'];
    $activities = [
        ['Products Searched', ['query' => 'cup', 'results' => 3]],
        ['Product Viewed', $item],
        ['Product Added to Wishlist', $item],
        ['Product Added', $item + ['quantity' => 1]],
        ['Checkout Started', ['value' => 12.5, 'currency' => 'EUR', 'products' => [$item]]],
    ];
    foreach ($activities as [$event, $properties]) {
        yield json_encode(['event' => $event, 'anonymousId' => 'demonstration', 'properties' => $properties]);
    }
}

function standardInput(): iterable
{
    while (($line = fgets(STDIN)) !== false) {
        yield $line;
    }
}

/** Reads one JSON event a line from stdin; with --demo sends five of its own. Exit 0: all are stored. */
function main(array $arguments): int
{
    $sender = new ClickdSender();
    $sent = $bad = 0;
    foreach (in_array('--demo', $arguments, true) ? demonstration() : standardInput() as $line) {
        if (trim($line) === '') {
            continue;
        }
        $sent++;
        try {
            $event = json_decode($line, false, 512, JSON_THROW_ON_ERROR);   // as objects: {} must stay {}
            if (!is_object($event)) {
                throw new JsonException('not an object');
            }
            $sender->send((array) $event);
        } catch (JsonException | RuntimeException $error) {
            $bad++;
            fwrite(STDERR, "event $sent is not sent: {$error->getMessage()}\n");
        }
    }
    $left = $sender->close();
    $refused = $sender->refused + $bad;
    echo "sent=$sent stored=$sender->stored refused=$refused unsettled=$left\n";
    return $sender->stored === $sent ? 0 : 1;
}

if (realpath($_SERVER['SCRIPT_FILENAME'] ?? '') === __FILE__) {
    exit(main($argv));
}
