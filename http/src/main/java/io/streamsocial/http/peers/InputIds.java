package io.streamsocial.http.peers;

import io.streamsocial.processor.EngineStatus;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/**
 * Which topics are read now, by the brokers' ids: another one after a topic was created again.
 *
 * @param posts zero when unknown
 * @param others by name
 */
public record InputIds(Uuid posts, Map<String, Uuid> others) {
  public InputIds {
    others = Map.copyOf(others);
  }

  public static InputIds of(EngineStatus status) {
    Map<String, Uuid> others = new HashMap<>();
    status.otherInputs().forEach(input -> others.put(input.topic(), input.id()));
    return new InputIds(status.postsTopic(), others);
  }

  Optional<Uuid> other(String name) {
    return Optional.ofNullable(others.get(name)).filter(id -> !id.equals(Uuid.ZERO_UUID));
  }

  Optional<String> name(Uuid id) {
    return others.entrySet().stream()
        .filter(each -> each.getValue().equals(id))
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
