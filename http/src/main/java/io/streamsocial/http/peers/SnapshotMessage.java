package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.store.snapshots.SnapshotFile;
import io.streamsocial.store.snapshots.SnapshotManifest;
import io.streamsocial.store.snapshots.SnapshotView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The answer to a request for a snapshot: what it consists of, and by which id it is read.
 *
 * @param speaker that has taken it
 * @param id that no other snapshot has
 */
record SnapshotMessage(PeerIdentity speaker, String id, SnapshotManifest manifest) {
  /** Of a store with the most files that one may have. */
  static final int BYTES_MAX = 4 << 20;

  private static final int NAME_MAX = 300;
  private static final int FIELDS_MAX = 2_000;
  private static final Pattern ID = Pattern.compile("[0-9a-zA-Z-]{1,64}");
  private static final long OFFSET_MAX = Long.MAX_VALUE;
  private static final long CHECKSUM_MAX = 0xFFFF_FFFFL;

  void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    speaker.write(json);
    json.writeStringField("snapshot", id);
    json.writeNumberField("format", manifest.format());
    json.writeNumberField("partition", manifest.partition());
    json.writeArrayFieldStart("topics");
    for (Map.Entry<String, String> topic : manifest.identity().entrySet()) {
      json.writeStartObject();
      json.writeStringField("note", topic.getKey());
      json.writeStringField("id", topic.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("views");
    for (SnapshotView view : manifest.views()) {
      json.writeStartObject();
      json.writeStringField("name", view.name());
      json.writeStringField("kind", view.kind());
      json.writeNumberField("size_ms", view.sizeMs());
      json.writeStringField("fields", view.fields());
      json.writeNumberField("shuffle_offset", view.inputOffset());
      json.writeNumberField("changelog_offset", view.changelogOffset());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("files");
    for (SnapshotFile file : manifest.files()) {
      json.writeStartObject();
      json.writeStringField("name", file.name());
      json.writeNumberField("bytes", file.bytes());
      json.writeNumberField("crc32c", file.crc32c());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  static SnapshotMessage read(byte[] body) throws JsonFields.MalformedException {
    JsonFields fields = JsonFields.parse(body);
    SortedMap<String, String> topics = new TreeMap<>();
    for (JsonFields each : fields.objects("topics")) {
      topics.put(each.text("note", NAME_MAX), each.text("id", NAME_MAX));
    }
    List<SnapshotView> views = new ArrayList<>();
    for (JsonFields each : fields.objects("views")) {
      views.add(
          new SnapshotView(
              each.text("name", NAME_MAX),
              each.text("kind", NAME_MAX),
              each.number("size_ms", 0, Long.MAX_VALUE),
              each.text("fields", FIELDS_MAX),
              each.number("shuffle_offset", 0, OFFSET_MAX),
              each.number("changelog_offset", 0, OFFSET_MAX)));
    }
    return new SnapshotMessage(
        PeerIdentity.read(fields),
        id(fields),
        new SnapshotManifest(
            fields.integer("format", 0, Integer.MAX_VALUE),
            fields.integer("partition", 0, Integer.MAX_VALUE),
            topics,
            views,
            files(fields)));
  }

  /** It becomes a part of addresses. */
  private static String id(JsonFields fields) throws JsonFields.MalformedException {
    String id = fields.text("snapshot", NAME_MAX);
    if (!ID.matcher(id).matches()) {
      throw new JsonFields.MalformedException("'snapshot' is no id");
    }
    return id;
  }

  private static List<SnapshotFile> files(JsonFields fields) throws JsonFields.MalformedException {
    List<SnapshotFile> files = new ArrayList<>();
    for (JsonFields each : fields.objects("files")) {
      String name = each.text("name", SnapshotFile.NAME_MAX);
      if (!SnapshotFile.isName(name) || files.size() == SnapshotManifest.FILES_MAX) {
        throw new JsonFields.MalformedException("'files' are not those of a store");
      }
      files.add(
          new SnapshotFile(
              name,
              each.number("bytes", 0, SnapshotFile.BYTES_MAX),
              each.number("crc32c", 0, CHECKSUM_MAX)));
    }
    return files;
  }
}
