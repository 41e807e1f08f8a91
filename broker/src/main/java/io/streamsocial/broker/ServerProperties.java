package io.streamsocial.broker;

import java.nio.file.Path;
import java.util.Properties;

/**
 * A node's server.properties: production defaults where they carry meaning (retention, fsync,
 * transactions), and small figures where they only cost memory and time on one machine.
 */
final class ServerProperties {

  private ServerProperties() {}

  /**
   * Voters are a static list, not recorded in the directory: so a directory can be started again on
   * other ports.
   */
  static Properties of(int node, BrokerConfig config, Ports ports, Path logDir) {
    int nodes = config.nodes();
    String replicas = Integer.toString(Math.min(3, nodes));
    String minIsr = nodes >= 3 ? "2" : "1";
    Properties p = new Properties();
    p.setProperty("process.roles", "broker,controller");
    p.setProperty("node.id", Integer.toString(node));
    p.setProperty("controller.quorum.voters", ports.voters());
    p.setProperty("controller.listener.names", "CONTROLLER");
    listeners(p, node, config, ports);
    p.setProperty("log.dirs", logDir.toString());

    p.setProperty("auto.create.topics.enable", "false");
    p.setProperty("default.replication.factor", replicas);
    p.setProperty("min.insync.replicas", minIsr);
    for (String topic : new String[] {"offsets.topic", "transaction.state.log"}) {
      p.setProperty(topic + ".replication.factor", replicas);
      p.setProperty(topic + ".num.partitions", "4");
    }
    p.setProperty("transaction.state.log.min.isr", minIsr);
    p.setProperty("share.coordinator.state.topic.replication.factor", replicas);
    p.setProperty("share.coordinator.state.topic.min.isr", minIsr);
    p.setProperty("share.coordinator.state.topic.num.partitions", "4");
    // The first member of a group need not wait three seconds for a second one.
    p.setProperty("group.initial.rebalance.delay.ms", "0");

    // One of three that was killed may come back only when its former session has ended: 4 s, not
    // 9. A single node is unregistered before it comes back, and when the machine stands still for
    // some seconds it must not fence itself: that costs transactions, see StaleRegistration.
    p.setProperty("broker.session.timeout.ms", nodes == 1 ? "60000" : "4000");
    p.setProperty("broker.heartbeat.interval.ms", "500");

    p.setProperty("num.network.threads", "2");
    p.setProperty("num.io.threads", "4");
    // Taken from the heap at the start; the default would be half of it. Enough for 700,000 keys.
    p.setProperty("log.cleaner.dedupe.buffer.size", Integer.toString(16 << 20));
    config.properties().forEach(p::setProperty);
    return p;
  }

  private static void listeners(Properties p, int node, BrokerConfig config, Ports ports) {
    StringBuilder protocols = new StringBuilder("PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    String plain = door("PLAINTEXT", ports.clients().get(node - 1));
    StringBuilder listeners =
        new StringBuilder(plain + "," + door("CONTROLLER", ports.controllers().get(node - 1)));
    StringBuilder advertised = new StringBuilder(plain);
    for (int i = 0; i < config.listeners().size(); i++) {
      Listener listener = config.listeners().get(i);
      int port = ports.further().get(i).get(node - 1);
      protocols.append(",%s:%s".formatted(listener.name(), listener.protocol()));
      listeners.append(",").append(door(listener.name(), port));
      advertised.append(",").append(door(listener.name(), listener.advertised().orElse(port)));
      listener.properties().forEach((key, value) -> p.setProperty(listener.prefix() + key, value));
    }
    p.setProperty("listener.security.protocol.map", protocols.toString());
    p.setProperty("listeners", listeners.toString());
    p.setProperty("advertised.listeners", advertised.toString());
  }

  private static String door(String name, int port) {
    return "%s://%s:%d".formatted(name, Ports.HOST, port);
  }
}
