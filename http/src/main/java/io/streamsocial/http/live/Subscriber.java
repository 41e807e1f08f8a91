package io.streamsocial.http.live;

import io.netty.util.concurrent.EventExecutor;

/** Who gets a feed's messages: one connection. */
interface Subscriber {
  /** The thread on which the other methods are called. */
  EventExecutor executor();

  /**
   * The newest message. Valid during the call: who keeps it retains it.
   *
   * @param snapshot replaces what was offered before and is not yet sent
   */
  void offer(SharedMessage snapshot);

  /** There are too many different feeds: no message will come. */
  void refuse();
}
