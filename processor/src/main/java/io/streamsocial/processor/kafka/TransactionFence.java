package io.streamsocial.processor.kafka;

import io.streamsocial.processor.group.GroupTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the transactions that vanished members of the group left open: one of them holds back every
 * reader of committed records until it times out. Owned by one loop.
 */
public final class TransactionFence {
  private static final Logger log = LoggerFactory.getLogger(TransactionFence.class);

  private final KafkaClients clients;
  private final Supplier<Admin> admin;
  private final String instanceId;
  private final int loop;

  /**
   * @param admin the present client; stays the caller's
   * @param loop index in the instance
   */
  public TransactionFence(
      KafkaClients clients, Supplier<Admin> admin, String instanceId, int loop) {
    this.clients = clients;
    this.admin = admin;
    this.instanceId = instanceId;
    this.loop = loop;
  }

  /** Of this loop's own producer, so that others can fence it; empty without transactions. */
  public String transactionalId() {
    return clients.transactionalId(loop);
  }

  /** Fences the members that are gone; of the loops that knew them, the first by name does it. */
  public void fenceVanished(GroupTable before, GroupTable now) {
    Map<String, GroupTable.Member> here = new HashMap<>();
    now.members().forEach(member -> here.put(name(member), member));
    List<String> vanished = new ArrayList<>();
    for (GroupTable.Member member : before.members()) {
      if (!here.containsKey(name(member)) && !member.transactionalId().isEmpty()) {
        vanished.add(member.transactionalId());
      }
    }
    Optional<String> first =
        before.members().stream()
            .map(TransactionFence::name)
            .filter(here::containsKey)
            .min(Comparator.naturalOrder());
    boolean isOurs = first.isPresent() && first.get().equals(instanceId + "-" + loop);
    if (!vanished.isEmpty() && isOurs) {
      fence(vanished);
    }
  }

  private void fence(List<String> vanished) {
    log.info("fencing {}: gone from the group", vanished);
    var unused =
        clients
            .fence(admin.get(), vanished)
            .whenComplete(
                (done, e) -> {
                  if (e != null) {
                    log.warn(
                        "fencing {} failed: a transaction that they left open may hold back counts until it times out: {}",
                        vanished,
                        e.toString());
                  }
                });
  }

  private static String name(GroupTable.Member member) {
    return member.instanceId() + "-" + member.loop();
  }
}
