package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.EngineStatus;
import java.io.IOException;

/**
 * The sender of a message between instances, and the format of the message.
 *
 * @param format of the messages; another one cannot be read
 * @param process of this life of the instance, as the routing table names it
 * @param epoch of the routing table that the speaker knows; -1 for none
 */
record PeerIdentity(int format, String appId, String instanceId, String process, int epoch) {
  static final int FORMAT = 1;
  private static final int NAME_MAX = 200;

  static PeerIdentity of(EngineStatus status) {
    return new PeerIdentity(
        FORMAT,
        status.appId(),
        status.instanceId(),
        status.process().toString(),
        status.routing().epoch());
  }

  void write(JsonGenerator json) throws IOException {
    json.writeNumberField("version", format);
    json.writeStringField("app_id", appId);
    json.writeStringField("instance_id", instanceId);
    json.writeStringField("process", process);
    json.writeNumberField("epoch", epoch);
  }

  static PeerIdentity read(JsonFields fields) throws JsonFields.MalformedException {
    int format = fields.integer("version", 0, Integer.MAX_VALUE);
    if (format != FORMAT) {
      throw new JsonFields.MalformedException(
          "it speaks version %d of the messages between instances, this one %d"
              .formatted(format, FORMAT));
    }
    return new PeerIdentity(
        format,
        fields.text("app_id", NAME_MAX),
        fields.text("instance_id", NAME_MAX),
        fields.text("process", NAME_MAX),
        fields.integer("epoch", -1, Integer.MAX_VALUE));
  }
}
