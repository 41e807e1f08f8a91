package io.streamsocial.http.server;

import java.util.concurrent.CountDownLatch;

/**
 * Keeps the process alive while a server is open: all other threads of it are daemons. Without, a
 * program that waits for nothing else would end when its engine has failed, with exit code 0 and
 * before anybody could ask it why. Any thread opens and closes it.
 */
final class ProcessAnchor implements AutoCloseable {
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = new Thread(this::hold, "http-server");

  ProcessAnchor() {
    thread.setDaemon(false);
    thread.start();
  }

  private void hold() {
    boolean holds = true;
    while (holds) {
      try {
        closed.await();
        holds = false;
      } catch (InterruptedException e) {
        // Nobody who may end it interrupts it.
      }
    }
  }

  /** Idempotent. */
  @Override
  public void close() {
    closed.countDown();
  }
}
