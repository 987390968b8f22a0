namespace Engine.Bench.Logging;

/// <summary>Where the rows of a run go, beside its table, for other programs.</summary>
public enum LogFormat
{
    /// <summary>Files of events, as TensorBoard and what reads its files show them.</summary>
    Tensorboard,

    /// <summary>A file of JSON objects, one a line for each row.</summary>
    Jsonl,
}
