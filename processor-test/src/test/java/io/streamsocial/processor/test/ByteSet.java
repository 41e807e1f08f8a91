package io.streamsocial.processor.test;

import io.streamsocial.processor.views.AggregateFunction;
import java.util.Arrays;

/** The set of all bytes that came: a state of at most 256 bytes, in order. */
class ByteSet implements AggregateFunction<byte[]> {
  @Override
  public String name() {
    return "byte-set";
  }

  @Override
  public byte[] create() {
    return new byte[0];
  }

  @Override
  public byte[] add(byte[] state, long timeMs, byte[] bytes, int offset, int length) {
    return merge(state, Arrays.copyOfRange(bytes, offset, offset + length));
  }

  @Override
  public byte[] merge(byte[] one, byte[] other) {
    boolean[] has = new boolean[256];
    int size = 0;
    for (byte[] each : new byte[][] {one, other}) {
      for (byte b : each) {
        size += has[b & 0xFF] ? 0 : 1;
        has[b & 0xFF] = true;
      }
    }
    byte[] merged = new byte[size];
    int next = 0;
    for (int b = 0; b < has.length; b++) {
      if (has[b]) {
        merged[next++] = (byte) b;
      }
    }
    return merged;
  }

  @Override
  public byte[] encode(byte[] state) {
    return state.clone();
  }

  @Override
  public byte[] decode(byte[] bytes) {
    return bytes.clone();
  }

  @Override
  public long result(byte[] state) {
    return state.length;
  }
}
