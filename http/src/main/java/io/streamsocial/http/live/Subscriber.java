package io.streamsocial.http.live;

import io.netty.util.concurrent.EventExecutor;

/** A connection that gets a feed's messages. */
interface Subscriber {
  /** The thread on which the other methods are called. */
  EventExecutor executor();

  /**
   * The newest message. Valid during the call: a subscriber that keeps it retains it.
   *
   * @param snapshot replaces a message that was offered before and is not yet sent
   */
  void offer(SharedMessage snapshot);

  /** There are too many different feeds: no message will come. */
  void refuse();
}
