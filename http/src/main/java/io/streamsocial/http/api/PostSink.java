package io.streamsocial.http.api;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** Where accepted posts go. */
public interface PostSink extends AutoCloseable {
  /**
   * @param offset the record's own
   */
  record Written(int partition, long offset) {}

  /**
   * Any thread but an event loop, as it may block for seconds.
   *
   * @return one entry a post in the same order, once all are safe; fails when one of them is not
   */
  CompletionStage<List<Written>> write(List<AcceptedPost> posts);

  /** Writes under way finish, within a few seconds. */
  @Override
  void close();
}
