namespace Engine.RL.Training;

/// <summary>What an update measures: on the device as tensors, on the host as numbers.</summary>
/// <typeparam name="T">A tensor, or numbers.</typeparam>
/// <param name="Episodes">Episodes that ended in its rollout.</param>
/// <param name="ReturnSum">The sum of their returns.</param>
/// <param name="ReturnMaximum">The largest; the least float, -3.4e38, if none ended.</param>
/// <param name="Eta">The values of the meta-parameters that were used, [count].</param>
/// <param name="ActorLoss">The actor's term of the inner loss.</param>
/// <param name="CriticLoss">The critic's term.</param>
/// <param name="Entropy">The policy's entropy.</param>
/// <param name="InnerLoss">The inner loss.</param>
/// <param name="OuterLoss">
/// The outer loss; if the method looks no step ahead, NaN of a <see cref="Trainer"/>, and 0 of an <see cref="Update"/> by itself.
/// </param>
/// <param name="GradientNorm">The norm of the inner gradient before it is clipped.</param>
/// <param name="MetaGradientNorm">The norm of the meta-gradient before it is clipped; likewise if there is none.</param>
public sealed record UpdateMetrics<T>(
    T Episodes,
    T ReturnSum,
    T ReturnMaximum,
    T Eta,
    T ActorLoss,
    T CriticLoss,
    T Entropy,
    T InnerLoss,
    T OuterLoss,
    T GradientNorm,
    T MetaGradientNorm)
{
    /// <summary>What a function makes of each.</summary>
    public UpdateMetrics<TOther> Map<TOther>(Func<T, TOther> function)
        => new(
            function(Episodes),
            function(ReturnSum),
            function(ReturnMaximum),
            function(Eta),
            function(ActorLoss),
            function(CriticLoss),
            function(Entropy),
            function(InnerLoss),
            function(OuterLoss),
            function(GradientNorm),
            function(MetaGradientNorm));
}
