/**
 * The server as a whole: {@link io.streamsocial.http.server.Server} opens it for an engine, {@link
 * io.streamsocial.http.server.HttpServer} builds the other rooms inside-out and closes them
 * outside-in. Beside them are its options, the pages of the dashboard, the producer for posts that
 * come over HTTP, and the meters of the process and of the group; those of the engine are its own.
 *
 * <p>A program can embed it; there is no command line here, and no endpoint of the API.
 */
@NullMarked
package io.streamsocial.http.server;

import org.jspecify.annotations.NullMarked;
