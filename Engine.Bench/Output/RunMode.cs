namespace Engine.Bench.Output;

/// <summary>What to do with an output folder that is not empty.</summary>
public enum RunMode
{
    /// <summary>Refuse it.</summary>
    New,

    /// <summary>Go on after its checkpoint.</summary>
    Resume,

    /// <summary>Remove what an earlier run wrote.</summary>
    Overwrite,
}
