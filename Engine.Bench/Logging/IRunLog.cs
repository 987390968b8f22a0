using Engine.RL.Experiments;

namespace Engine.Bench.Logging;

/// <summary>Where the rows of a run go.</summary>
internal interface IRunLog : IDisposable
{
    /// <summary>Begins with the rows that there are of a run that goes on: others that there may be are void.</summary>
    void Begin(IReadOnlyList<MetricRow> rows);

    /// <summary>Adds a row.</summary>
    void Add(MetricRow row);

    /// <summary>The rows as they are when the run stops: one that was made longer may have gained them in another order.</summary>
    void Settle(IReadOnlyList<MetricRow> rows);

    /// <summary>The run is complete.</summary>
    void Complete();
}
