package io.streamsocial.processor.task;

import org.jspecify.annotations.Nullable;

/** Receives the changelog records of a checkpoint in order. */
public interface CheckpointSink {
  /**
   * @param header of the checkpoint, on its last record; else null
   */
  void send(byte[] key, byte[] value, byte @Nullable [] header);
}
