/**
 * The words of the server: request and response, resource and endpoint, parameters and their
 * arguments, problems, JSON, request ids, and the bounded pool for work that may block. An endpoint
 * is written with these words alone, and tested without a connection.
 *
 * <p>Nothing here knows Kafka, the engine's state, or how a request arrives: {@code net} turns
 * bytes into requests, {@code api} answers them.
 */
@NullMarked
package io.streamsocial.http;

import org.jspecify.annotations.NullMarked;
