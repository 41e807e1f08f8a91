package io.streamsocial.broker;

/** A JVM with a broker, to be killed. */
final class ParentMain {

  private ParentMain() {}

  public static void main(String[] args) throws InterruptedException {
    LocalBroker broker = LocalBroker.start();
    System.out.println(broker.pid(1) + " " + broker.dataDir());
    Thread.sleep(Long.MAX_VALUE);
  }
}
