package io.streamsocial.http;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A WebSocket client that can break the protocol, which a proper one refuses to. */
final class RawWebSocket implements AutoCloseable {
  static final int TEXT = 1;
  static final int CLOSE = 8;
  static final int PING = 9;
  private static final int MASK = 0x80;

  private final Socket socket;
  private final DataInputStream in;

  /** What the server answered to the handshake: its head. */
  final String head;

  /**
   * @param headers beside those of the handshake, each with its line end
   */
  RawWebSocket(Socket socket, String target, String headers) throws IOException {
    this.socket = socket;
    in = new DataInputStream(socket.getInputStream());
    String request =
        "GET "
            + target
            + " HTTP/1.1\r\nHost: 127.0.0.1:"
            + socket.getPort()
            + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + headers
            + "\r\n";
    write(request.getBytes(StandardCharsets.ISO_8859_1));
    head = head();
  }

  private String head() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    while (!out.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        break;
      }
      out.write(next);
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  private void write(byte[] bytes) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(bytes);
    out.flush();
  }

  /** One whole message, masked with zeros or not at all. */
  void send(int opcode, byte[] payload, boolean masked) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(payload.length + 14);
    frame.put((byte) (0x80 | opcode));
    int mask = masked ? MASK : 0;
    if (payload.length < 126) {
      frame.put((byte) (mask | payload.length));
    } else {
      frame.put((byte) (mask | 127)).putLong(payload.length);
    }
    if (masked) {
      frame.putInt(0);
    }
    frame.put(payload);
    byte[] bytes = new byte[frame.position()];
    frame.flip().get(bytes);
    write(bytes);
  }

  record Frame(int opcode, ByteBuffer payload) {
    String text() {
      return StandardCharsets.UTF_8.decode(payload.duplicate()).toString();
    }

    int closeCode() {
      return payload.getShort(0);
    }
  }

  Frame read() throws IOException {
    int opcode = in.readUnsignedByte() & 0xf;
    int length = in.readUnsignedByte();
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = Math.toIntExact(in.readLong());
    }
    return new Frame(opcode, ByteBuffer.wrap(in.readNBytes(length)));
  }

  /** The next one of this kind; others are passed over. */
  Frame await(int opcode) throws IOException {
    Frame frame = read();
    while (frame.opcode() != opcode) {
      frame = read();
    }
    return frame;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
