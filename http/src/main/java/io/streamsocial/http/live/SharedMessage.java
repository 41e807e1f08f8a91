package io.streamsocial.http.live;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;

/**
 * One message of a feed, encoded once and shared by all subscribers. Outside the heap, so that a
 * socket that is not ready refers to it instead of copying it.
 */
final class SharedMessage {
  final ByteBuf json;

  private SharedMessage(ByteBuf json) {
    this.json = json;
  }

  /** The caller holds it until it calls {@link #release}. */
  static SharedMessage of(byte[] json) {
    ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(json.length, json.length);
    return new SharedMessage(buffer.writeBytes(json));
  }

  /** The bytes with a reference of their own, which their writer releases. */
  ByteBuf share() {
    return json.retainedDuplicate();
  }

  SharedMessage retain() {
    json.retain();
    return this;
  }

  void release() {
    json.release();
  }
}
