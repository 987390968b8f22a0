namespace Engine.Core;

/// <summary>
/// What random numbers are for: part of their key, so that no two uses share numbers. Own purposes start at <see cref="FirstFree"/>.
/// </summary>
public static class Purpose
{
    /// <summary>First values of weights.</summary>
    public const uint Initialisation = 1;

    /// <summary>What an environment draws.</summary>
    public const uint Environment = 2;

    /// <summary>Actions of a policy.</summary>
    public const uint Action = 3;

    /// <summary>The first number that the library leaves to others.</summary>
    public const uint FirstFree = 1000;
}
