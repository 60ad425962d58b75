"""Every key of API 0.2.0: what it takes, what it means, what it is without it (graph-0.2.0)."""

from __future__ import annotations

from ...images import DEFAULT_IMAGE
from ..fields import Field, Record
from ..json_value import JsonMapping
from ..kinds import (
    FUNCTION,
    IDENTIFIER,
    MODULE,
    Either,
    Holder,
    Integer,
    ListOf,
    MapOf,
    Nothing,
    Typed,
    choices,
    words,
)
from ..texts import (
    CONTAINER,
    DURATION,
    ENV_NAME,
    FOLDER,
    IMAGE,
    IMAGE_NAME,
    LABEL_VALUE,
    NAME,
    NAMESPACE,
    PACKAGE,
    PATH,
    QUANTITY,
    REGISTRY,
    RESOURCE,
    SECRET_KEY,
    SECRET_NAME,
    SERVER,
    STREAM_NAME,
    URL,
    VOLUME_NAME,
)

SECRET = Record(
    "a reference to a Secret",
    {
        "secret": Field(SECRET_NAME, "Name of the Kubernetes Secret.", required=True),
        "key": Field(SECRET_KEY, "Key within the Secret.", required=True),
    },
)

STREAM = Record(
    "a stream",
    {
        "container": Field(
            CONTAINER, "v3io container.", default_text="`stream_container` of `env_defaults`"
        ),
        "shards": Field(
            Integer(1, 4096), "Number of shards.", default_text="`stream_shards` of `env_defaults`"
        ),
        "retention": Field(
            Integer(1, 8784),
            "Hours that a record is kept.",
            default_text="`stream_retention` of `env_defaults`",
        ),
        "path": Field(PATH, "Path in the container.", default_text="`/<project>/streams/<stream>`"),
    },
    null_is_empty=True,
)

VOLUME = Record(
    "a volume",
    {
        "remote": Field(
            PATH, "What is mounted: `container` or `container/sub/path`.", required=True
        ),
        "mount_path": Field(FOLDER, "Where it is mounted.", required=True),
        "access_key": Field(
            Nothing("null: the key is in the Secret `volume_secret`"),
            "Accepted for old files; the key is in the Secret `volume_secret`.",
            legacy=True,
        ),
        "user": Field(
            Nothing("null: the user is in the Secret `volume_secret`"),
            "Accepted for old files; the user is in the Secret `volume_secret`.",
            legacy=True,
        ),
    },
)

INPUT = Record(
    "an input stream",
    {
        "max_workers": Field(
            Integer(1, 100_000),
            "Workers per replica.",
            default_text="the replica's share of the shards",
        ),
        "polling_interval_ms": Field(
            Integer(0),
            "Accepted for old files; Nuclio has no such setting any more.",
            legacy=True,
        ),
        "seek_to": Field(
            choices("earliest", "latest"),
            "Where a consumer group begins that has committed nothing.",
            "earliest",
        ),
        "read_batch_size": Field(
            Integer(1, 1000), "Records per read; a shard is read 4 times a second.", 100
        ),
        "v3io_access_key": Field(
            Nothing("null: the key comes from the Secret `access_key_secret`"),
            "Refused: the key comes from the Secret `access_key_secret`.",
            legacy=True,
        ),
    },
    null_is_empty=True,
)

OUTPUTS = Record(
    "outputs",
    {
        "streams": Field(
            ListOf(STREAM_NAME, "stream names, such as `[scores]`"),
            "Names of declared streams.",
            (),
            nullable=True,
        ),
        "https": Field(
            ListOf(URL, "URLs, such as `[https://scores.example.com/in]`"),
            "Endpoints that get each message as JSON, by POST.",
            (),
            nullable=True,
        ),
        "function": Field(
            ListOf(FUNCTION, "functions, such as `[audit.record]`"),
            "Functions called as `module.function(context, message)`.",
            (),
            nullable=True,
        ),
    },
)

MOST_IN_HAND = 256
"""Records; `delivery_duplicates.WINDOW` in the generated project is as large."""

DELIVERY = Record(
    "delivery settings",
    {
        "retries": Field(
            Integer(0, 1_000_000),
            "How often a message is sent again to an output that is down, busy or slow, before it becomes a dead letter; "
            "null: without end.",
            nullable=True,
        ),
        "backoff": Field(DURATION, "The longest pause between two attempts.", "30s"),
        "timeout": Field(DURATION, "How long a connection may be silent.", "20s"),
        "deduplicate": Field(
            choices("memory", "v3io"),
            "Skip what was delivered before: known to the worker, or kept beside the stream in v3io as well; null: do not.",
            nullable=True,
        ),
        "batch": Field(
            Integer(2, MOST_IN_HAND),
            "Of how many records the messages go out together, in fewer requests; null: of one.",
            nullable=True,
        ),
        "linger": Field(DURATION, "With `batch`: the longest wait for more records.", "20ms"),
    },
    required=False,
)

_AMOUNTS = MapOf(
    RESOURCE, QUANTITY, "a mapping of resources to quantities, such as `{cpu: 1, memory: 128M}`"
)
RESOURCES = Record(
    "resources",
    {
        "requests": Field(_AMOUNTS, "What is reserved.", nullable=True),
        "limits": Field(_AMOUNTS, "What may be used at most.", nullable=True),
    },
)

ENVIRONMENT = MapOf(
    ENV_NAME,
    Either(
        Typed("text without NUL characters", None, 100_000),
        SECRET,
        "text, or `{secret: name, key: key}`",
        frozenset(SECRET.fields),
    ),
    "a mapping of names to text, such as `{LEVEL: info}`",
)

_STREAM_DEFAULTS = {
    "stream_container": Field(
        CONTAINER, "Default container of streams.", "bigdata", nullable=True, legacy=True
    ),
    "stream_shards": Field(
        Integer(1, 4096), "Default number of shards.", 3, nullable=True, legacy=True
    ),
    "stream_retention": Field(
        Integer(1, 8784), "Default retention in hours.", 48, nullable=True, legacy=True
    ),
    "retention": Field(
        Integer(1, 8784), "The old spelling of `stream_retention`.", nullable=True, legacy=True
    ),
}

_FUNCTION: dict[str, Field] = {
    "name": Field(NAME, "Name of the step; `<project>-<step>` is the function's.", required=True),
    "tag": Field(
        LABEL_VALUE, "Label `tag` of the function, and tag of a prebuilt image.", "latest"
    ),
    "input_streams": Field(
        MapOf(
            STREAM_NAME,
            INPUT,
            "a mapping of declared streams to trigger settings, such as `{raw: {}}`",
        ),
        "Streams that are read, each with its trigger settings.",
        nullable=True,
    ),
    "class_module": Field(
        MODULE, "Module of the class, or a notebook that becomes it.", required=True
    ),
    "class_name": Field(IDENTIFIER, "The class; one instance per worker.", required=True),
    "class_init": Field(JsonMapping(), "Keyword arguments of the class.", nullable=True),
    "methods": Field(
        ListOf(IDENTIFIER, "method names, such as `[predict]`", 1, 100),
        "Methods called in this order, each with the result of the last.",
        (),
        required=True,
    ),
    "outputs": Field(
        OUTPUTS, "Where results go; without any, the step ends the pipeline.", nullable=True
    ),
    "error_stream": Field(
        STREAM_NAME,
        "Declared stream of the step's dead letters; null for none.",
        nullable=True,
        default_text="`error_stream` of the project",
    ),
    "delivery": Field(
        DELIVERY,
        "How patient the step is with its outputs, key by key.",
        nullable=True,
        default_text="`delivery` of the project",
    ),
    "env_custom": Field(
        ENVIRONMENT, "Environment: text as typed, or a reference to a Secret.", nullable=True
    ),
    "resources": Field(RESOURCES, "Kubernetes resources.", nullable=True),
    "pip": Field(
        ListOf(PACKAGE, "requirements, such as `[numpy==2.1.0]`"),
        "Packages to install.",
        (),
        nullable=True,
    ),
    "docker_image": Field(
        IMAGE, "Base image; its Python is the runtime.", DEFAULT_IMAGE, nullable=True
    ),
    "log_level": Field(
        choices("debug", "info", "warn", "warning", "error"), "Level of the log.", "debug"
    ),
    "min_replicas": Field(Integer(0, 1000), "Fewest replicas.", 1),
    "max_replicas": Field(
        Integer(1, 1000), "Most replicas; equal to `min_replicas` on a step that reads streams.", 1
    ),
    "function_image_name": Field(IMAGE_NAME, "Name of the image to build.", nullable=True),
    "module_paths": Field(
        ListOf(FOLDER, "folders, such as `[/User/modules]`"),
        "Folders that are put on `sys.path` before the class is imported.",
        (),
        nullable=True,
    ),
    **_STREAM_DEFAULTS,
}

FUNCTION_RECORD = Record("a function", _FUNCTION)
DEFAULTS = Record("a function", _FUNCTION, required=False)

PROJECT = Record(
    "a project",
    {
        "name": Field(NAME, "Name of the project.", required=True),
        "partition_key_name": Field(
            words(r"[^\0-\x1f\x7f]+", "the name of a key of the message"),
            "Key of the message whose text is the partition key.",
            "PartitionKey",
        ),
        "v3io_streams": Field(
            MapOf(
                STREAM_NAME, STREAM, "a mapping of stream names to settings, such as `{raw: {}}`"
            ),
            "The streams: name to settings; `{}` takes every default.",
            nullable=True,
        ),
        "v3io_volumes": Field(
            MapOf(VOLUME_NAME, VOLUME, "a mapping of volume names to `{remote: …, mount_path: …}`"),
            "Volumes that are mounted into every step.",
            nullable=True,
        ),
        "functions": Field(
            ListOf(FUNCTION_RECORD, f"functions, each {FUNCTION_RECORD.expected}", 1, 5000),
            "The steps.",
            (),
            required=True,
        ),
        "error_stream": Field(
            STREAM_NAME,
            "Declared stream of the dead letters of every step that names none itself.",
            nullable=True,
        ),
        "delivery": Field(DELIVERY, "How patient steps are with their outputs.", nullable=True),
        "v3io_api": Field(
            SERVER, "The platform's web API, for triggers and outputs.", "http://v3io-webapi:8081"
        ),
        "access_key_secret": Field(
            Record(
                "access_key_secret",
                {
                    "name": Field(SECRET_NAME, "Name of the Kubernetes Secret.", "v3io-access"),
                    "key": Field(SECRET_KEY, "Key within the Secret.", "accessKey"),
                },
            ),
            "The Kubernetes Secret that holds the access key.",
            default_text="`{name: v3io-access, key: accessKey}`",
        ),
        "volume_secret": Field(SECRET_NAME, "The Secret for `v3io_volumes`.", "v3io-fuse"),
        "namespace": Field(
            NAMESPACE,
            "Namespace that the functions are deployed to.",
            nullable=True,
            default_text="what `NUCTL_NAMESPACE` says",
        ),
        "registry": Field(
            REGISTRY,
            "Registry that the images are pushed to.",
            nullable=True,
            default_text="what `NUCTL_REGISTRY` says",
        ),
        "config_defaults": Field(DEFAULTS, "Holder of anchors.", nullable=True),
        "scaling_defaults": Field(DEFAULTS, "Holder of anchors.", nullable=True),
        "env_defaults": Field(
            DEFAULTS, "Holder of anchors, and the defaults of streams.", nullable=True
        ),
        "env_custom": Field(Holder(), "Holder of anchors.", nullable=True),
    },
)

GRAPH = Record(
    "a graph",
    {
        "apiVersion": Field(choices("0.2.0"), "Version of this format.", required=True),
        "project": Field(PROJECT, "The project.", required=True),
    },
)
