namespace Engine.Bench.Games;

/// <summary>How an episode of Snake stands.</summary>
public enum SnakeEnd
{
    /// <summary>It goes on.</summary>
    None,

    /// <summary>The snake left the board or bit itself.</summary>
    Crash,

    /// <summary>The snake fills the board.</summary>
    Full,

    /// <summary>The step limit ended it.</summary>
    StepLimit,
}
