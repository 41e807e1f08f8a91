package io.streamsocial.http;

import java.util.Map;

/**
 * What the API's description says of an endpoint that the program itself has, in words; those of
 * the server's own are in a file.
 *
 * @param summary one line; the path when it is empty
 * @param description a paragraph; empty for none
 * @param answer what a request gets
 * @param type of the answer, as in Content-Type
 * @param parameters one line each, by name; the variable of the path is one of them
 */
public record Words(
    String summary,
    String description,
    String answer,
    String type,
    Map<String, String> parameters) {
  public Words {
    parameters = Map.copyOf(parameters);
  }
}
