/* oom_tales.h -- the calls that oom_test.c lets run out of memory: arguments,
 * and the answers of a server where all goes well. */
#ifndef LUFT_OOM_TALES_H
#define LUFT_OOM_TALES_H

#include "fake_driver.h"

extern const struct driver docker_driver;
extern const struct driver http_driver;

struct tale {
    const char *name;
    const struct driver *driver;
    const char *method;
    const struct given *arguments;
    bool wants_items;
    struct answer answers[8];
};

#define PING SAY_WITH(200, "Api-Version: 1.41\nOstype: linux\n", "OK")
#define CONTAINER "{\"Id\":\"3f2a\",\"Name\":\"/web\",\"State\":{\"Status\":" \
    "\"running\"},\"Image\":\"sha256:1\",\"Config\":{\"Image\":" \
    "\"tomcat\\u003a8\"}," \
    "\"NetworkSettings\":{\"Networks\":{\"a\":{\"IPAddress\":\"10.0.0.1\"}," \
    "\"b\":{\"IPAddress\":\"10.0.0.2\"}}},\"Created\":\"2015-12-23T01:05:40Z\"}"

static const struct given of_image[] = {
    {"image", OBJECT, "tomcat:8"}, {NULL, 0, NULL}
};

static const struct given to_deploy[] = {
    {"name", TEXT, "web"}, {"image", OBJECT, "registry.test:5000/tomcat:8"},
    {"command", TEXT, "sh -c 'echo \"hello world\"' and many more words "
                      "\"that are longer than a small buffer can ever hold\""},
    {"entrypoint", LIST, "[\"/bin/entry\",\"point\"]"},
    {"hostname", TEXT, "web.test"}, {"user", TEXT, "nobody"},
    {"mem_limit", INTEGER, "1048576"}, {"ports", LIST, "[80,\"53/udp\"]"},
    {"port_bindings", TABLE, "{\"80/tcp\":8080,\"443\":[{\"HostPort\":8443}]}"},
    {"environment", TABLE, "{\"A\":\"b\",\"LONG\":\"0123456789012345678901234"
                           "5678901234567890123456789\"}"},
    {"dns", LIST, "[\"10.0.0.53\"]"},
    {"volumes", LIST, "[\"/here:/there:ro\",\"/data\"]"},
    {"network_mode", TEXT, "bridge"},
    {"labels", TABLE, "{\"k\":1,\"l\":\"m\"}"},
    {NULL, 0, NULL}
};

static const struct given plainly[] = {
    {"name", TEXT, "web"}, {"image", OBJECT, "tomcat"},
    {"start", BOOLEAN, "false"}, {NULL, 0, NULL}
};

static const struct given of_container[] = {
    {"container", OBJECT, "web"}, {"t", INTEGER, "5"},
    {"since", INTEGER, "1450832740"}, {"tail", INTEGER, "10"},
    {NULL, 0, NULL}
};

static const struct given to_install[] = {
    {"path", TEXT, "quay.io/team/app:1"}, {NULL, 0, NULL}
};

static const struct given to_post[] = {
    {"url", TEXT, "http://a.test/x?y"}, {"method", TEXT, "POST"},
    {"headers", TABLE, "{\"X-List\":[\"a\",\"b\"],\"Accept\":\"c\\/d\"}"},
    {"query", TABLE, "{\"q\":[1,\"two\"]}"},
    {"json", TABLE, "{\"k\":[1,2,3]}"},
    {"auth", TABLE, "{\"user\":\"me\",\"password\":\"secret\"}"},
    {NULL, 0, NULL}
};

static const struct given to_stream[] = {
    {"url", TEXT, "http://u:p@a.test/x"}, {"stream", BOOLEAN, "true"},
    {"body", TEXT, "text"}, {"method", TEXT, "PUT"},
    {NULL, 0, NULL}
};

static const struct given with_token[] = {
    {"url", TEXT, "http://a.test/x"},
    {"auth", TABLE, "{\"bearer\":\"token\"}"}, {NULL, 0, NULL}
};

#define FRAMES "\1\0\0\0\0\0\0\5a\nb\nc\2\0\0\0\0\0\0\2e\n\1\0\0\0\0\0\0\3d\ne"
#define PULL "{\"status\":\"Pulling\",\"id\":\"1\"}\r\n{\"status\":\"Digest: " \
    "sha256:99\"}\r\n{\"status\":\"Status: done\"}\r\n"

static const struct tale tales[] = {
    {"list_containers", &docker_driver, "list_containers", of_image, false,
     {PING, SAY(200, "[" CONTAINER ",{\"Id\":\"4\",\"Names\":"
                "[\"/\\u0078\"]}]")}},
    {"list_containers, by item", &docker_driver, "list_containers", of_image,
     true, {PING, SAY(200, "[" CONTAINER "]")}},
    {"list_containers, with names that come twice", &docker_driver,
     "list_containers", of_image, false,
     {PING, SAY(200, "[{\"Id\":\"4\",\"I\\u0064\":\"5\",\"Names\":[\"/a\"],"
                "\"Names\":[\"/\\u0078\"]}," CONTAINER "]")}},
    {"list_images, an old engine", &docker_driver, "list_images", NULL, false,
     {ONLY(404), SAY(200, "{\"ApiVersion\":\"1.\\u0032\"}"),
      SAY(200, "[{\"Id\":\"sha\",\"RepoTags\":[\"a:1\"]}]")}},
    {"deploy_container, with a pull", &docker_driver, "deploy_container",
     to_deploy, false,
     {PING, SAY(404, "{\"message\":\"No such image: tomcat:8\"}"),
      SAY(200, PULL), SAY(201, "{\"Id\":\"3f2a\"}"), ONLY(204),
      SAY(200, CONTAINER)}},
    {"deploy_container, not started", &docker_driver, "deploy_container",
     plainly, false,
     {PING, SAY(201, "{\"Id\":\"3f2a\"}"), SAY(200, CONTAINER)}},
    {"stop_container", &docker_driver, "stop_container", of_container, false,
     {PING, ONLY(304), SAY(200, CONTAINER)}},
    {"destroy_container", &docker_driver, "destroy_container", of_container,
     false, {PING, ONLY(204)}},
    {"ex_get_logs", &docker_driver, "ex_get_logs", of_container, false,
     {PING, SAY(200, "{\"Config\":{\"Tty\":false}}"),
      {200, NULL, FRAMES, sizeof FRAMES - 1}}},
    {"ex_get_logs, by line", &docker_driver, "ex_get_logs", of_container, true,
     {PING, SAY(200, "{\"Config\":{\"Tty\":false}}"),
      {200, NULL, FRAMES, sizeof FRAMES - 1}}},
    {"ex_get_logs, of a terminal", &docker_driver, "ex_get_logs", of_container,
     true, {PING, SAY(200, "{\"Config\":{\"Tty\":true}}"),
            SAY(200, "one\r\ntwo\r\nthree without end")}},
    {"install_image", &docker_driver, "install_image", to_install, false,
     {PING, SAY(200, PULL),
      SAY(200, "{\"Id\":\"sha\",\"RepoTags\":[\"b:2\"]}")}},
    {"install_image, with progress", &docker_driver, "install_image",
     to_install, true,
     {PING, SAY(200, PULL), SAY(200, "{\"Id\":\"sha\",\"RepoTags\":[]}")}},
    {"install_image, by digest", &docker_driver, "install_image", to_install,
     false, {PING, SAY(200, PULL), SAYS(404, "no such image")}},

    {"http, a post", &http_driver, "request", to_post, false,
     {SAY_WITH(307, "Location: http://b.test/z\n", NULL),
      SAY_WITH(404, "Content-Type: text/plain\n", "not found")}},
    {"http, a stream", &http_driver, "request", to_stream, true,
     {SAY(503, "busy"), SAY_WITH(200, "A: b\nC: d\n", "text in parts")}},
    {"http, a token", &http_driver, "request", with_token, false,
     {SAY(200, "yes")}},

    {"fake, redirects", &fake_driver, "get", NULL, false,
     {SAY_WITH(302, "Location: ../x\n", NULL),
      SAY_WITH(302, "Location: https://b.test/y\n", NULL), SAY(200, THING)}},
    {"fake, retries", &fake_driver, "get", NULL, false,
     {SAY(503, "{\"message\":\"busy\"}"), LOST(UNSENT), SAY(200, THING)}},
    {"fake, two steps", &fake_driver, "make", NULL, false,
     {SAY(201, "{\"id\":\"b\"}"), SAY(200, THING)}},
    {"fake, a file", &fake_driver, "read", NULL, false, {SAY(200, "text")}},
    {"fake, a program", &fake_driver, "run", NULL, false, {LOST(0)}},
    {"fake, a poll", &fake_driver, "poll", NULL, false,
     {SAY(200, "{\"state\":\"pending\"}"), SAY(200, THING)}},
    {"fake, any status", &fake_driver, "any", NULL, false,
     {SAY(404, "whatever")}},
    {"fake, a stream", &fake_driver, "stream", NULL, true, {SAY(200, "abc")}}
};

#endif
