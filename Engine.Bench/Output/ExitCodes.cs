namespace Engine.Bench.Output;

/// <summary>What the program returns to its caller.</summary>
public static class ExitCodes
{
    /// <summary>Done, and what was to be checked is right.</summary>
    public const int Ok = 0;

    /// <summary>A check failed, or the program did.</summary>
    public const int Failed = 1;

    /// <summary>The input, the options or the surroundings are wrong; a line says how to put them right.</summary>
    public const int UserError = 2;

    /// <summary>Interrupted.</summary>
    public const int Interrupted = 130;
}
