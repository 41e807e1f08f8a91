package io.streamsocial.processor.task;

import org.jspecify.annotations.Nullable;

/** Receives the changelog records of a checkpoint in order, one view after the other. */
public interface CheckpointSink {
  /**
   * @param view into whose changelog it goes
   * @param value null for a row that is no more
   * @param header of the checkpoint, on the last record of the view; else null
   */
  void send(KeptView view, byte[] key, byte @Nullable [] value, byte @Nullable [] header);
}
